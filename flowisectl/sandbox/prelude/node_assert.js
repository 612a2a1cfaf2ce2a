// The module `assert`.
(function () {
  class AssertionError extends Error {
    constructor({ message, actual, expected, operator }) {
      super(message);
      Object.assign(this, { name: "AssertionError", code: "ERR_ASSERTION", actual, expected, operator, generatedMessage: false });
    }
  }
  const show = (value) => { try { return typeof value === "string" ? `'${value}'` : JSON.stringify(value) ?? String(value); } catch { return String(value); } };
  function stop(actual, expected, message, operator, text) {
    if (message instanceof Error) throw message;
    throw new AssertionError({ message: message ?? text, actual, expected, operator });
  }
  function isEqual(a, b, isStrict, seen = new Map()) {
    if (isStrict ? Object.is(a, b) : a == b || (a !== a && b !== b)) return true;
    if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
    if (isStrict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
    if (seen.get(a) === b) return true;
    seen.set(a, b);
    if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
    if (a instanceof RegExp && b instanceof RegExp) return String(a) === String(b);
    if (a instanceof Error && b instanceof Error && (a.name !== b.name || a.message !== b.message)) return false;
    if (a instanceof Map && b instanceof Map) return a.size === b.size && [...a].every(([key, item]) => b.has(key) && isEqual(item, b.get(key), isStrict, seen));
    if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((item) => b.has(item) || [...b].some((other) => isEqual(item, other, isStrict, seen)));
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key], isStrict, seen));
  }
  function fits(error, expected) {
    if (expected === undefined) return true;
    if (expected instanceof RegExp) return expected.test(String(error));
    if (typeof expected === "function") return expected.prototype !== undefined && error instanceof expected || (!(expected === Error || Error.isPrototypeOf(expected)) && expected.call({}, error) === true);
    return Object.keys(expected).every((key) => expected[key] instanceof RegExp ? expected[key].test(String(error[key])) : isEqual(error[key], expected[key], true));
  }
  const assert = (value, message) => { if (!value) stop(value, true, message, "==", "The expression evaluated to a falsy value"); };
  Object.assign(assert, {
    AssertionError, ok: assert,
    fail(message = "Failed") { stop(undefined, undefined, message, "fail"); },
    equal(a, b, message) { if (!(a == b || (a !== a && b !== b))) stop(a, b, message, "==", `${show(a)} == ${show(b)}`); },
    notEqual(a, b, message) { if (a == b) stop(a, b, message, "!=", `${show(a)} != ${show(b)}`); },
    strictEqual(a, b, message) { if (!Object.is(a, b)) stop(a, b, message, "strictEqual", `Expected values to be strictly equal:\n\n${show(a)} !== ${show(b)}\n`); },
    notStrictEqual(a, b, message) { if (Object.is(a, b)) stop(a, b, message, "notStrictEqual", `Expected "actual" to be strictly unequal to: ${show(b)}`); },
    deepEqual(a, b, message) { if (!isEqual(a, b, false)) stop(a, b, message, "deepEqual", "Expected values to be loosely deep-equal"); },
    notDeepEqual(a, b, message) { if (isEqual(a, b, false)) stop(a, b, message, "notDeepEqual", "Expected values not to be loosely deep-equal"); },
    deepStrictEqual(a, b, message) { if (!isEqual(a, b, true)) stop(a, b, message, "deepStrictEqual", "Expected values to be strictly deep-equal"); },
    notDeepStrictEqual(a, b, message) { if (isEqual(a, b, true)) stop(a, b, message, "notDeepStrictEqual", "Expected values not to be strictly deep-equal"); },
    match(text, pattern, message) { if (!pattern.test(text)) stop(text, pattern, message, "match", `The input did not match the regular expression ${pattern}`); },
    doesNotMatch(text, pattern, message) { if (pattern.test(text)) stop(text, pattern, message, "doesNotMatch", `The input was expected to not match the regular expression ${pattern}`); },
    ifError(value) { if (value != null) throw value; },
    throws(code, expected, message) {
      try { code(); } catch (error) { if (fits(error, expected)) return; throw error; }
      stop(undefined, expected, message, "throws", "Missing expected exception.");
    },
    doesNotThrow(code) { code(); },
    async rejects(code, expected, message) {
      try { await (typeof code === "function" ? code() : code); } catch (error) { if (fits(error, expected)) return; throw error; }
      stop(undefined, expected, message, "rejects", "Missing expected rejection.");
    },
  });
  assert.strict = assert;
  return assert;
})
