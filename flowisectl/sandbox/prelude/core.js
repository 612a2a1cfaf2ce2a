// What every run needs. It is compiled for each of them, which takes a microsecond for ten bytes: all else is in kit.js, and loads
// when it is first used. The value of this script is the child's way in: without `run` it sets the run's variables and tells how
// many host functions there are, with 1 it gives the kit, and with the code's function it runs that. `tell` gets the result as
// JSON, or the error in an array.
((native, script, tell, evaluate, stringify, then, assign) => {
  delete globalThis.native; delete globalThis.script; delete globalThis.tell;
  return (given, run) => {
    if (!run) return assign(globalThis, given.vars), given.host.length;
    if (run === 1) return evaluate(script("kit"))(native, script, evaluate, given);
    then.call(then.call(run.call({}), (value) => tell(stringify(value))), undefined, (error) => tell([error]));
  };
})(native, script, tell, eval, JSON.stringify, Promise.prototype.then, Object.assign)
