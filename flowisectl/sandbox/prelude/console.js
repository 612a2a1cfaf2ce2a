// `console`: there, and silent. What user code writes may hold secrets, so it goes into no log.
(function () {
  const quiet = () => {};
  const names = "log info warn error debug trace dir dirxml table time timeEnd timeLog group groupCollapsed groupEnd assert count countReset clear";
  return { console: Object.fromEntries(names.split(" ").map((name) => [name, quiet])) };
})
