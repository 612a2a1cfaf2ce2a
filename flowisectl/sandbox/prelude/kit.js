// What scripts of the prelude share, and the steps that only some runs take. `tell` sets what the run has come to.
(function (native, script, evaluate, tell, given) {
  const loaded = {}, { defineProperty } = Object;
  const kit = { native, evaluate, load, define, fail, step: {}, get modules() { return given().modules; } };

  function load(name) {
    return loaded[name] ??= evaluate(script(name))(kit);
  }
  function define(name, value) {
    defineProperty(globalThis, name, { value, writable: true, configurable: true });
    return value;
  }
  function fail(error) {
    // The engine throws null when it cannot even make an error; the child's side tells that from a null of the code's own.
    tell([error === null ? "N" : "E", load("errors")(error)].join(""));
  }

  return {
    fail,
    take: () => kit.step.take?.() ?? "",
    offer(names) {
      for (const name of names) define(name, (argument) => load("calls")(name, argument));
    },
    do(kind, first) {
      if (kind === "load") return void load(first);
      // Milliseconds until the next timer, -1 when only an answer can go on, -2 when nothing can.
      if (kind === "wait") return kit.step.due?.() ?? (kit.step.isOpen?.() ? -1 : -2);
      kit.step[kind](first);
    },
  };
})
