// TextEncoder and TextDecoder, and the conversions that Buffer needs too.
(function (kit) {
  function ask(operation, text, data) {
    const answer = kit.native(operation, text, data);
    if (answer[0] === "!") throw new TypeError(answer.slice(1));
    return answer;
  }
  const encode = (text) => Uint8Array.fromBase64(ask("encode", "utf-8", String(text).toWellFormed().slice(0)));
  const decode = (bytes, label, isFatal) => ask("decode", isFatal ? label + " strict" : label, bytes.toBase64()).slice(1);
  const bytesOf = (source) => source instanceof Uint8Array ? source
    : ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source ?? 0);
  const labels = {
    __proto__: null,
    "utf-8": "utf-8", utf8: "utf-8", "unicode-1-1-utf-8": "utf-8", "utf-16": "utf-16le", "utf-16le": "utf-16le", "utf-16be": "utf-16be",
    latin1: "windows-1252", "iso-8859-1": "windows-1252", ascii: "windows-1252", "us-ascii": "windows-1252", "windows-1252": "windows-1252",
  };

  class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(text = "") { return encode(text); }
    encodeInto(text, target) {
      let read = 0, written = 0;
      for (const char of String(text)) {
        const bytes = encode(char);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        written += bytes.length; read += char.length;
      }
      return { read, written };
    }
  }
  class TextDecoder {
    #left = new Uint8Array(0);
    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      this.encoding = labels[String(label).trim().toLowerCase()];
      if (!this.encoding) throw new RangeError(`The "${label}" encoding is not supported`);
      this.fatal = fatal; this.ignoreBOM = ignoreBOM;
    }
    decode(source, { stream = false } = {}) {
      let bytes = bytesOf(source);
      if (this.#left.length) { const all = new Uint8Array(this.#left.length + bytes.length); all.set(this.#left); all.set(bytes, this.#left.length); bytes = all; }
      let keep = 0;
      if (stream && this.encoding === "utf-8") { // a character that is not complete waits for the next piece
        for (let back = 1; back <= Math.min(3, bytes.length); back++) {
          const byte = bytes[bytes.length - back];
          if (byte >= 0xc0) { if (back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2)) keep = back; break; }
          if (byte < 0x80) break;
        }
      }
      this.#left = bytes.slice(bytes.length - keep);
      const text = decode(bytes.subarray(0, bytes.length - keep), this.encoding, this.fatal);
      return !this.ignoreBOM && text[0] === "\ufeff" ? text.slice(1) : text;
    }
  }
  return { TextEncoder, TextDecoder, ask, encode, decode, bytesOf };
})
