// The module `util`, where the operator allows it.
(function () {
  const inspect = (value) => typeof value === "string" ? `'${value}'` : typeof value === "object" && value ? (() => { try { return JSON.stringify(value, null, 2); } catch { return String(value); } })() : String(value);
  function format(first, ...rest) {
    if (typeof first !== "string") return [first, ...rest].map((item) => typeof item === "string" ? item : inspect(item)).join(" ");
    const text = first.replace(/%[sdifjoO%]/g, (mark) => {
      if (mark === "%%") return "%";
      if (!rest.length) return mark;
      const item = rest.shift();
      return mark === "%s" ? String(item) : mark === "%d" ? String(Number(item)) : mark === "%i" ? String(parseInt(item)) : mark === "%f" ? String(parseFloat(item)) : mark === "%j" ? JSON.stringify(item) : inspect(item);
    });
    return [text, ...rest.map((item) => typeof item === "string" ? item : inspect(item))].join(" ");
  }
  const promisify = (code) => (...rest) => new Promise((resolve, reject) => code(...rest, (error, value) => error ? reject(error) : resolve(value)));
  return { inspect, format, promisify, isDeepStrictEqual: (a, b) => { try { require("assert").deepStrictEqual(a, b); return true; } catch { return false; } }, TextEncoder, TextDecoder };
})
