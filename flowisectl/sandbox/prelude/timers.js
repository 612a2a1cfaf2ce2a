// setTimeout and its kin. Handles are objects, as in Node, and may be used as numbers.
(function (kit) {
  const timers = new Map(), now = Date.now;
  let last = 0;

  class Timeout {
    constructor(id) { this.id = id; }
    ref() { return this; }
    unref() { return this; }
    hasRef() { return true; }
    refresh() { const timer = timers.get(this.id); if (timer) timer.due = now() + timer.delay; return this; }
    close() { timers.delete(this.id); return this; }
    [Symbol.toPrimitive]() { return this.id; }
  }
  function add(callback, delay, rest, repeats) {
    if (typeof callback !== "function") throw new TypeError('The "callback" argument must be of type function');
    if (timers.size >= 10000) throw new RangeError("more than 10000 timers at once");
    delay = Number(delay);
    delay = delay >= 1 && delay <= 2147483647 ? delay : 1;
    const handle = new Timeout(++last);
    timers.set(last, { id: last, callback, rest, delay, due: now() + delay, repeats, handle });
    return handle;
  }
  const drop = (handle) => { if (handle != null) timers.delete(Number(handle)); };

  kit.step.due = () => {
    let due = Infinity;
    for (const timer of timers.values()) if (timer.due < due) due = timer.due;
    return due < Infinity ? Math.max(due - now(), 0) : undefined;
  };
  kit.step.tick = () => {
    const time = now();
    const ripe = [...timers.values()].filter((timer) => timer.due <= time).sort((a, b) => a.due - b.due || a.id - b.id);
    for (const timer of ripe) {
      if (!timers.has(timer.id)) continue; // dropped by one before it
      if (timer.repeats) timer.due = time + timer.delay; else timers.delete(timer.id);
      try { timer.callback.apply(timer.handle, timer.rest); } catch (error) { kit.fail(error); return; }
    }
  };

  return {
    setTimeout: (callback, delay, ...rest) => add(callback, delay, rest, false),
    setInterval: (callback, delay, ...rest) => add(callback, delay, rest, true),
    setImmediate: (callback, ...rest) => add(callback, 1, rest, false),
    clearTimeout: drop, clearInterval: drop, clearImmediate: drop,
  };
})
