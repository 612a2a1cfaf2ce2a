// What went wrong, as text; and `eval`, which user code does not have.
(function () {
  const MOST = 10000, WAYS_OUT = {
    Intl: "this JavaScript has no Intl: use toLocaleString and its kin, or code of your own",
    fetch: "begin with const fetch = require('node-fetch')",
    axios: "begin with const axios = require('axios')",
  };
  function describe(error) {
    const text = wording(error);
    return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
  }
  function wording(error) {
    try {
      if (error == null) return `Error: the code threw ${error}`;
      if (typeof error === "object" && !(error instanceof Error)) {
        if ("message" in error) return `${error.name || "Error"}: ${error.message}`;
        return JSON.stringify(error) ?? String(error);
      }
      const text = String(error).toWellFormed();
      const missing = / (\w+) is not defined$/.exec(text.slice(0, 100))?.[1];
      return Object.hasOwn(WAYS_OUT, missing ?? "") ? `${text}: ${WAYS_OUT[missing]}` : text;
    } catch {
      return "Error: the code threw something that cannot be shown";
    }
  }
  describe.eval = function () {
    throw new EvalError("Code generation from strings disallowed for this context");
  };
  return describe;
})
