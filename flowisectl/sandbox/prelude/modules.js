// `require`: the modules that user code may have, and a clear answer for all others.
(function (kit) {
  const usual = ["assert", "buffer", "crypto", "events", "path", "querystring", "timers", "url", "zlib"];
  const made = new Map(), files = new Map();
  const makers = {
    buffer: () => ({ Buffer, constants: { MAX_LENGTH: 2147483647 } }),
    timers: () => ({ ...kit.load("timers") }),
    url: () => kit.load("node_url"),
    axios: () => kit.load("axios"),
    "node-fetch": () => kit.load("fetch").fetch,
  };

  function require(name) {
    const plain = String(name).replace(/^node:/, "");
    if (!made.has(plain)) made.set(plain, make(plain));
    return made.get(plain);
  }
  function make(name) {
    const { builtin = [], external = [] } = kit.modules;
    if (Object.hasOwn(makers, name)) return makers[name]();
    if (usual.includes(name)) return kit.load(`node_${name}`);
    if (name === "util" && (builtin.includes("util") || builtin.includes("*"))) return kit.load("node_util");
    const isExternal = external.includes("*") || external.some((allowed) => name === allowed || name.startsWith(allowed + "/"));
    if (isExternal && !name.split("/").includes("..") && /^(@[\w.-]+\/)?[\w-][\w./-]*$/.test(name)) {
      const answer = kit.native("find", name, "");
      if (answer[0] === "=") return loadFile(answer.slice(1));
    }
    const isAllowed = isExternal || builtin.includes(name) || builtin.includes("*");
    const why = isAllowed ? "it is allowed, but not available here" : "it is not allowed here";
    throw Object.assign(new Error(`Cannot find module '${name}': ${why}; there are ${[...usual, "axios", "node-fetch"].join(", ")}`), { code: "MODULE_NOT_FOUND" });
  }
  // A file of a package. It may ask for files beside it, and for what user code may ask for.
  function loadFile(path) {
    if (files.has(path)) return files.get(path).exports;
    const module = { exports: {}, id: path, filename: path, loaded: false };
    files.set(path, module);
    const source = kit.native("read", path, "");
    if (source[0] === "!") throw new Error(source.slice(1));
    if (path.endsWith(".json")) return (module.exports = JSON.parse(source.slice(1)));
    const within = (name) => {
      if (!String(name).startsWith(".")) return require(name);
      const found = kit.native("find", name, path);
      if (found[0] === "!") throw Object.assign(new Error(found.slice(1)), { code: "MODULE_NOT_FOUND" });
      return loadFile(found.slice(1));
    };
    const run = kit.evaluate(`(function (exports, require, module, __filename, __dirname) {${source.slice(1)}\n})`);
    run.call(module.exports, module.exports, within, module, path, path.replace(/\/[^/]*$/, ""));
    module.loaded = true;
    return module.exports;
  }
  return { require };
})
