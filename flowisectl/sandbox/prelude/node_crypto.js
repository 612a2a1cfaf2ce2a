// The module `crypto`: hashes, MACs, randomness. Keys, ciphers and signatures are not here.
(function (kit) {
  const { ask, encode, bytesOf } = kit.load("encoding");
  const names = { __proto__: null, md5: "md5", sha1: "sha1", sha224: "sha224", sha256: "sha256", sha384: "sha384", sha512: "sha512", "sha3-256": "sha3_256", "sha3-512": "sha3_512", blake2b512: "blake2b", blake2s256: "blake2s" };
  function algorithm(name) {
    const found = names[String(name).toLowerCase().replace(/^sha-/, "sha")];
    if (!found) throw new Error("Digest method not supported");
    return found;
  }
  const bytes = (data, encoding) => typeof data === "string" ? (encoding ? Buffer.from(data, encoding) : encode(data)) : bytesOf(data);
  const out = (base64, encoding) => { const made = Buffer.from(base64, "base64"); return encoding && encoding !== "buffer" ? made.toString(encoding) : made; };

  class Digest {
    #parts = []; #operation; #text; #isDone = false;
    constructor(operation, text) { this.#operation = operation; this.#text = text; }
    update(data, encoding) {
      if (this.#isDone) throw new Error("Digest already called");
      this.#parts.push(bytes(data, encoding));
      return this;
    }
    digest(encoding) {
      if (this.#isDone) throw new Error("Digest already called");
      this.#isDone = true;
      return out(ask(this.#operation, this.#text, new Uint8Array(Buffer.concat(this.#parts)).toBase64()), encoding);
    }
  }
  const createHash = (name) => new Digest("hash", algorithm(name));
  const createHmac = (name, key) => new Digest("hmac", `${algorithm(name)} ${new Uint8Array(bytes(key)).toBase64()}`);
  function randomBytes(size, callback) {
    const made = out(ask("random", String(size), ""));
    return callback ? void setTimeout(() => callback(null, made), 1) : made;
  }
  function randomInt(low, high) {
    if (high === undefined) { high = low; low = 0; }
    const range = high - low;
    if (!(range > 0 && range <= 2 ** 48)) throw new RangeError('The value of "max" is out of range');
    const most = 2 ** 48 - (2 ** 48 % range);
    for (;;) { const number = parseInt(randomBytes(6).toString("hex"), 16); if (number < most) return low + (number % range); }
  }
  function randomUUID() {
    const made = randomBytes(16);
    made[6] = (made[6] & 15) | 64; made[8] = (made[8] & 63) | 128;
    return made.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }
  function timingSafeEqual(a, b) {
    if (a.byteLength !== b.byteLength) throw new RangeError("Input buffers must have the same byte length");
    const left = bytesOf(a), right = bytesOf(b);
    let difference = 0;
    for (let i = 0; i < left.length; i++) difference |= left[i] ^ right[i];
    return difference === 0;
  }
  return { createHash, createHmac, randomBytes, randomInt, randomUUID, timingSafeEqual, getHashes: () => Object.keys(names),
    hash: (name, data, encoding = "hex") => createHash(name).update(data).digest(encoding) };
})
