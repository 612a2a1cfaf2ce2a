// What every run needs. It is compiled for each of them, which takes a microsecond for twenty bytes: all else is in kit.js, and
// loads when it is first used. The value of this script is `step`, the parent's way in and out.
(function (native, script) {
  const { stringify, parse } = JSON, { defineProperty } = Object, evaluate = eval;
  let done = "", given, kit;
  const more = () => kit ??= evaluate(script("kit"))(native, script, evaluate, (text) => { done = text; }, () => given);
  const fail = (error) => more().fail(error);
  delete globalThis.native;
  delete globalThis.script;

  return (kind, first) => {
    if (kind === "take") return done || (kit ? kit.take() : "");
    if (kind === "main") Promise.prototype.then.call(first.call({}), (value) => {
      try { done = ["R", stringify(value) ?? "null"].join(""); } catch (error) { fail(error); } // `+` would make a rope, which cannot leave
    }, fail);
    else if (kind === "setup") {
      given = parse(first);
      for (const name in given.vars) defineProperty(globalThis, name, { value: given.vars[name], writable: true, configurable: true });
      if (given.host.length) more().offer(given.host);
    } else return more().do(kind, first);
  };
})(native, script)
