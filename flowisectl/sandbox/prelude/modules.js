// `require`: the modules that user code may have, and a clear answer for all others.
(function (kit) {
  const usual = ["assert", "buffer", "crypto", "events", "path", "querystring", "timers", "url", "zlib"];
  const made = new Map();
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
    const isAllowed = external.includes(name) || external.includes("*") || builtin.includes(name) || builtin.includes("*");
    const why = isAllowed ? "it is allowed, but not available here" : "it is not allowed here";
    throw Object.assign(new Error(`Cannot find module '${name}': ${why}; there are ${[...usual, "axios", "node-fetch"].join(", ")}`), { code: "MODULE_NOT_FOUND" });
  }
  return { require };
})
