// The module `zlib`: whole buffers, at once or with a callback.
(function (kit) {
  const { ask, encode, bytesOf } = kit.load("encoding");
  const zlib = {};
  for (const name of ["deflate", "inflate", "gzip", "gunzip", "unzip", "deflateRaw", "inflateRaw"]) {
    zlib[name + "Sync"] = (data) => Buffer.from(ask("zlib", name, new Uint8Array(typeof data === "string" ? encode(data) : bytesOf(data)).toBase64()), "base64");
    zlib[name] = (data, options, callback = options) => {
      let made, failure = null;
      try { made = zlib[name + "Sync"](data); } catch (error) { failure = error; }
      setTimeout(() => callback(failure, made), 1);
    };
  }
  return zlib;
})
