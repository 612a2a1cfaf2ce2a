// The global names beyond the language, each of which loads its script when it is first used.
(function ({ load, define }) {
  for (const [script, names] of [
    ["timers", "setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate"],
    ["console", "console"], ["modules", "require"], ["encoding", "TextEncoder TextDecoder"], ["buffer", "Buffer"],
    ["url", "URL URLSearchParams"], ["events", "AbortController AbortSignal Event EventTarget"], ["clone", "structuredClone"], ["errors", "eval"],
  ]) for (const name of names.split(" ")) Object.defineProperty(globalThis, name, {
    configurable: true, get() { return define(name, load(script)[name]); }, set(value) { define(name, value); },
  });
  globalThis.global = globalThis;
  return {};
})
