// Event, EventTarget, AbortController, AbortSignal.
(function () {
  class Event {
    constructor(type, { cancelable = false, bubbles = false } = {}) {
      Object.assign(this, { type: String(type), cancelable, bubbles, defaultPrevented: false, target: null, currentTarget: null, timeStamp: performance.now() });
    }
    preventDefault() { if (this.cancelable) this.defaultPrevented = true; }
    stopPropagation() {}
    stopImmediatePropagation() { this.isStopped = true; }
  }
  class EventTarget {
    #listeners = new Map();
    addEventListener(type, listener, options) {
      const list = this.#listeners.get(type) ?? [];
      if (listener && !list.some((entry) => entry.listener === listener)) list.push({ listener, once: Boolean(options?.once) });
      this.#listeners.set(type, list);
    }
    removeEventListener(type, listener) {
      this.#listeners.set(type, (this.#listeners.get(type) ?? []).filter((entry) => entry.listener !== listener));
    }
    dispatchEvent(event) {
      event.target = event.currentTarget = this;
      const own = this["on" + event.type];
      if (typeof own === "function") own.call(this, event);
      for (const { listener, once } of [...(this.#listeners.get(event.type) ?? [])]) {
        if (event.isStopped) break;
        if (once) this.removeEventListener(event.type, listener);
        typeof listener === "function" ? listener.call(this, event) : listener.handleEvent(event);
      }
      return !event.defaultPrevented;
    }
  }
  class AbortSignal extends EventTarget {
    aborted = false; reason = undefined; onabort = null;
    throwIfAborted() { if (this.aborted) throw this.reason; }
    static abort(reason) { const signal = new AbortSignal(); fire(signal, reason); return signal; }
    static timeout(delay) {
      const signal = new AbortSignal();
      setTimeout(() => fire(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError")), delay);
      return signal;
    }
    static any(signals) {
      const signal = new AbortSignal();
      for (const each of signals) {
        if (each.aborted) { fire(signal, each.reason); break; }
        each.addEventListener("abort", () => fire(signal, each.reason));
      }
      return signal;
    }
  }
  function fire(signal, reason) {
    if (signal.aborted) return;
    signal.aborted = true;
    signal.reason = reason ?? new DOMException("This operation was aborted", "AbortError");
    signal.dispatchEvent(new Event("abort"));
  }
  class AbortController {
    signal = new AbortSignal();
    abort(reason) { fire(this.signal, reason); }
  }
  return { Event, EventTarget, AbortController, AbortSignal };
})
