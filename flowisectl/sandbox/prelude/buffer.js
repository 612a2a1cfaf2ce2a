// Buffer, over Uint8Array (https://nodejs.org/api/buffer.html): the parts that scripts use.
(function (kit) {
  const { encode, decode, bytesOf } = kit.load("encoding");
  const names = { __proto__: null, utf8: "utf8", "utf-8": "utf8", hex: "hex", base64: "base64", base64url: "base64url", latin1: "latin1", binary: "latin1", ascii: "ascii", ucs2: "utf16le", "ucs-2": "utf16le", utf16le: "utf16le", "utf-16le": "utf16le" };
  function encoding(name) {
    const found = names[String(name ?? "utf8").toLowerCase()];
    if (!found) throw new TypeError(`Unknown encoding: ${name}`);
    return found;
  }
  function fromText(text, name) {
    const kind = encoding(name);
    if (kind === "utf8") return encode(text);
    if (kind === "hex") return Uint8Array.fromHex(/^(?:[0-9a-f]{2})*/i.exec(text)[0]);
    if (kind === "base64" || kind === "base64url") {
      const plain = text.replace(/-/g, "+").replace(/_/g, "/").replace(/[^A-Za-z0-9+/]/g, "");
      return Uint8Array.fromBase64(plain.length % 4 === 1 ? plain.slice(0, -1) : plain);
    }
    if (kind === "utf16le") return new Uint8Array(Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)).buffer);
    return Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i) & 255);
  }
  function toText(bytes, name) {
    const kind = encoding(name), plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (kind === "utf8") return decode(plain, "utf-8");
    if (kind === "hex") return plain.toHex();
    if (kind === "base64") return plain.toBase64();
    if (kind === "base64url") return plain.toBase64({ alphabet: "base64url", omitPadding: true });
    if (kind === "utf16le") return decode(plain.subarray(0, plain.length & ~1), "utf-16le");
    return decode(kind === "ascii" ? plain.map((byte) => byte & 127) : plain, "latin1");
  }

  class Buffer extends Uint8Array {
    static from(source, second, length) {
      if (typeof source === "string") return wrap(fromText(source, second));
      if (source instanceof ArrayBuffer) return new Buffer(source, second, length);
      if (source?.type === "Buffer" && Array.isArray(source.data)) source = source.data;
      if (source == null || typeof source !== "object") throw new TypeError("The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object");
      return wrap(Uint8Array.from(ArrayBuffer.isView(source) && !(source instanceof Uint8Array) ? bytesOf(source) : source, (item) => item & 255));
    }
    static alloc(size, fill, name) { const made = new Buffer(size); return fill === undefined ? made : made.fill(fill, name); }
    static allocUnsafe(size) { return new Buffer(size); }
    static isBuffer(value) { return value instanceof Buffer; }
    static isEncoding(name) { return String(name).toLowerCase() in names; }
    static byteLength(value, name) { return typeof value === "string" ? fromText(value, name).length : value.byteLength; }
    static compare(a, b) {
      for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
      return Math.sign(a.length - b.length);
    }
    static concat(list, total = list.reduce((sum, item) => sum + item.length, 0)) {
      const made = new Buffer(total);
      let at = 0;
      for (const item of list) { if (at >= total) break; made.set(item.subarray(0, total - at), at); at += item.length; }
      return made;
    }
    toString(name, start = 0, end = this.length) { return toText(this.subarray(Math.max(start, 0), end), name); }
    toLocaleString(name) { return this.toString(name); }
    toJSON() { return { type: "Buffer", data: [...this] }; }
    equals(other) { return Buffer.compare(this, other) === 0; }
    compare(other) { return Buffer.compare(this, other); }
    slice(start, end) { return this.subarray(start, end); }
    copy(target, at = 0, start = 0, end = this.length) {
      const part = this.subarray(start, Math.min(end, start + target.length - at));
      target.set(part, at);
      return part.length;
    }
    write(text, at = 0, length = this.length - at, name = "utf8") {
      if (typeof at === "string") { name = at; at = 0; length = this.length; }
      if (typeof length === "string") { name = length; length = this.length - at; }
      const bytes = fromText(text, name).subarray(0, Math.min(length, this.length - at));
      this.set(bytes, at);
      return bytes.length;
    }
    fill(value, start, end, name) {
      if (typeof value !== "string") return super.fill(value, start, end);
      if (typeof start === "string") { name = start; start = 0; }
      const bytes = fromText(value, name);
      for (let i = start ?? 0; i < (end ?? this.length); i++) this[i] = bytes.length ? bytes[i % bytes.length] : 0;
      return this;
    }
    indexOf(value, at = 0, name) {
      if (typeof value === "number") return super.indexOf(value & 255, at);
      const bytes = typeof value === "string" ? fromText(value, name) : value;
      for (let i = Math.max(at < 0 ? this.length + at : at, 0); i <= this.length - bytes.length; i++) {
        if (bytes.every((byte, j) => this[i + j] === byte)) return i;
      }
      return -1;
    }
    includes(value, at, name) { return this.indexOf(value, at, name) >= 0; }
  }
  const wrap = (bytes) => new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [kind, size, getter] of [["Int8", 1], ["UInt8", 1, "Uint8"], ["Int16", 2], ["UInt16", 2, "Uint16"], ["Int32", 4], ["UInt32", 4, "Uint32"], ["Float", 4, "Float32"], ["Double", 8, "Float64"], ["BigInt64", 8], ["BigUInt64", 8, "BigUint64"]]) {
    for (const order of size === 1 ? [""] : ["LE", "BE"]) {
      const name = getter ?? kind, view = (self) => new DataView(self.buffer, self.byteOffset, self.byteLength);
      Buffer.prototype[`read${kind}${order}`] = function (at = 0) { return view(this)[`get${name}`](at, order === "LE"); };
      Buffer.prototype[`write${kind}${order}`] = function (value, at = 0) { view(this)[`set${name}`](at, value, order === "LE"); return at + size; };
      Buffer.prototype[`read${kind}${order}`.replace("UInt", "Uint")] = Buffer.prototype[`read${kind}${order}`];
      Buffer.prototype[`write${kind}${order}`.replace("UInt", "Uint")] = Buffer.prototype[`write${kind}${order}`];
    }
  }
  return { Buffer };
})
