// What went wrong, as text; and `eval`, which user code does not have.
(function () {
  function describe(error) {
    try {
      if (error === null) return "InternalError: out of memory"; // what the engine throws when it cannot even make an error
      if (typeof error === "object" && !(error instanceof Error)) {
        if ("message" in error) return `${error.name || "Error"}: ${error.message}`;
        return JSON.stringify(error) ?? String(error);
      }
      const text = String(error).toWellFormed();
      return text.endsWith("Intl is not defined") ? `${text}: this JavaScript has no Intl, so format numbers and dates with code of your own` : text;
    } catch {
      return "Error: the code threw something that cannot be shown";
    }
  }
  describe.eval = function () {
    throw new EvalError("Code generation from strings disallowed for this context");
  };
  return describe;
})
