// What scripts of the prelude share, and the steps that only some runs take. The value is `step(kind, first)`.
(function (native, script, evaluate, given) {
  const loaded = {}, { defineProperty } = Object;
  let failure = "";
  const kit = { native, evaluate, load, define, fail, step: {}, modules: given.modules };
  const steps = {
    load: (name) => void load(name),
    offer() {
      for (const name of given.host) define(name, (argument) => load("calls")(name, argument));
    },
    // The thrown thing comes in an array.
    fail: ([error]) => fail(error),
    // What there is to send: how the run failed, or host calls.
    take: () => failure || (kit.step.take?.() ?? ""),
    // Milliseconds until the next timer, -1 when only an answer can go on, -2 when nothing can.
    wait: () => kit.step.due?.() ?? (kit.step.isOpen?.() ? -1 : -2),
  };

  function load(name) {
    return loaded[name] ??= evaluate(script(name))(kit);
  }
  function define(name, value) {
    defineProperty(globalThis, name, { value, writable: true, configurable: true });
    return value;
  }
  function fail(error) {
    // The engine throws null when it cannot even make an error; the child's side tells that from a null of the code's own.
    failure = [error === null ? "N" : "E", load("errors")(error)].join("");
  }

  return (kind, first) => (steps[kind] ?? kit.step[kind])(first);
})
