// The module `events`.
(function () {
  class EventEmitter {
    #lists = new Map();
    #add(name, listener, isOnce, atFront) {
      if (typeof listener !== "function") throw new TypeError('The "listener" argument must be of type function');
      const list = this.#lists.get(name) ?? [];
      atFront ? list.unshift({ listener, isOnce }) : list.push({ listener, isOnce });
      this.#lists.set(name, list);
      return this;
    }
    on(name, listener) { return this.#add(name, listener, false, false); }
    addListener(name, listener) { return this.on(name, listener); }
    once(name, listener) { return this.#add(name, listener, true, false); }
    prependListener(name, listener) { return this.#add(name, listener, false, true); }
    prependOnceListener(name, listener) { return this.#add(name, listener, true, true); }
    off(name, listener) {
      const list = this.#lists.get(name) ?? [], at = list.findLastIndex((entry) => entry.listener === listener);
      if (at >= 0) this.#lists.set(name, list.toSpliced(at, 1));
      return this;
    }
    removeListener(name, listener) { return this.off(name, listener); }
    removeAllListeners(name) { name === undefined ? this.#lists.clear() : this.#lists.delete(name); return this; }
    emit(name, ...rest) {
      const list = this.#lists.get(name) ?? [];
      if (!list.length && name === "error") throw rest[0] instanceof Error ? rest[0] : new Error(`Unhandled error. (${String(rest[0])})`);
      for (const { listener, isOnce } of [...list]) {
        if (isOnce) this.off(name, listener);
        listener.apply(this, rest);
      }
      return list.length > 0;
    }
    listenerCount(name) { return (this.#lists.get(name) ?? []).length; }
    listeners(name) { return (this.#lists.get(name) ?? []).map((entry) => entry.listener); }
    eventNames() { return [...this.#lists.keys()].filter((name) => this.listenerCount(name)); }
    setMaxListeners() { return this; }
    getMaxListeners() { return 10; }
  }
  EventEmitter.EventEmitter = EventEmitter;
  EventEmitter.defaultMaxListeners = 10;
  EventEmitter.once = (emitter, name) => new Promise((resolve, reject) => {
    const failed = (error) => { emitter.off(name, came); reject(error); };
    const came = (...rest) => { emitter.off("error", failed); resolve(rest); };
    emitter.once(name, came);
    if (name !== "error") emitter.once("error", failed);
  });
  return EventEmitter;
})
