// Calls of the parent's functions. The value of this script is `call(name, argument)`, which gives a promise of the answer.
(function (kit) {
  const MOST = 64, MOST_QUEUED = 10000, open = new Map(), { stringify, parse } = JSON;
  let last = 0, outbox = [], queue = [];

  kit.step.take = () => {
    if (!outbox.length) return "";
    const text = ["C[", outbox.join(), "]"].join("");
    outbox = [];
    return text;
  };
  kit.step.isOpen = () => open.size > 0;
  kit.step.answer = (text) => {
    const [id, isOk, value] = parse(text), promise = open.get(id);
    open.delete(id);
    if (!promise) return;
    if (queue.length) send(queue.shift());
    if (isOk) promise.resolve(value);
    else promise.reject(value && typeof value === "object" ? Object.assign(new Error(value.message), value) : new Error(String(value)));
  };

  function send({ text, resolve, reject }) {
    open.set(++last, { resolve, reject });
    outbox.push(`[${last},${text.slice(1)}`);
  }

  return function call(name, argument) {
    return new Promise((resolve, reject) => {
      if (queue.length >= MOST_QUEUED) throw new RangeError(`more than ${MOST_QUEUED} unfinished calls at once`);
      const wanted = { text: stringify([name, argument ?? null]), resolve, reject };
      open.size < MOST ? send(wanted) : queue.push(wanted);
    });
  };
})
