// What every run needs, kept small because it is compiled for each of them; everything else loads when it is first used.
// The value of this script is `step`, the parent's way in and out.
(function (native, script) {
  const loaded = {}, { stringify, parse } = JSON, evaluate = eval;
  const kit = { native, evaluate, load, define, fail, modules: {}, step: {} };
  let done = "";

  function load(name) {
    return loaded[name] ??= evaluate(script(name))(kit);
  }
  function define(name, value) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
    return value;
  }
  function fail(error) {
    // The engine throws null when it cannot even make an error; the child's side tells that from a null of the code's own.
    done = [error === null ? "N" : "E", load("errors")(error)].join("");
  }
  function finish(value) {
    try { done = ["R", stringify(value) ?? "null"].join(""); } catch (error) { fail(error); } // `+` would make a rope, which cannot leave
  }
  delete globalThis.native;
  delete globalThis.script;

  return function step(kind, first) {
    if (kind === "take") return done || (kit.step.take ? kit.step.take() : "");
    if (kind === "main") return void Promise.prototype.then.call(first.call({}), finish, fail);
    if (kind === "setup") {
      const { vars, host, modules } = parse(first);
      kit.modules = modules;
      for (const name in vars) define(name, vars[name]);
      for (const name of host) define(name, (argument) => load("calls")(name, argument));
      return;
    }
    if (kind === "load") return void load(first);
    // Milliseconds until the next timer, -1 when only an answer can go on, -2 when nothing can.
    if (kind === "wait") return kit.step.due?.() ?? (kit.step.isOpen?.() ? -1 : -2);
    kit.step[kind](first);
  };
})(native, script)
