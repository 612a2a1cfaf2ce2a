// The module `querystring`.
(function () {
  const escape = (text) => encodeURIComponent(String(text).toWellFormed());
  function unescape(text) { try { return decodeURIComponent(text); } catch { return globalThis.unescape(text); } }
  const plain = (value) => typeof value === "string" ? value : typeof value === "number" && Number.isFinite(value) || typeof value === "bigint" || typeof value === "boolean" ? String(value) : "";
  function stringify(data, separator = "&", equals = "=") {
    return Object.entries(data ?? {}).flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((item) => escape(key) + equals + escape(plain(item)))).join(separator);
  }
  function parse(text, separator = "&", equals = "=", { maxKeys = 1000 } = {}) {
    const data = Object.create(null);
    const pairs = String(text ?? "").split(separator).filter(Boolean);
    for (const pair of maxKeys > 0 ? pairs.slice(0, maxKeys) : pairs) {
      const at = pair.indexOf(equals), read = (part) => unescape(part.replace(/\+/g, " "));
      const key = read(at < 0 ? pair : pair.slice(0, at)), value = at < 0 ? "" : read(pair.slice(at + equals.length));
      data[key] = key in data ? [].concat(data[key], value) : value;
    }
    return data;
  }
  return { stringify, parse, escape, unescape, encode: stringify, decode: parse };
})
