// The module `url`: the classes, and the old parse, format and resolve.
(function (kit) {
  const { URL, URLSearchParams } = kit.load("url");
  function parse(text, parsesQuery = false) {
    let url = null;
    try { url = new URL(text); } catch { /* relative */ }
    const part = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(String(text));
    const search = url ? url.search : part[2] ?? "";
    const query = search.slice(1), pathname = url ? url.pathname : part[1];
    return {
      protocol: url?.protocol ?? null, slashes: url ? true : null, auth: url?.username ? `${url.username}${url.password && ":" + url.password}` : null,
      host: url?.host ?? null, port: url?.port || null, hostname: url?.hostname ?? null, hash: (url ? url.hash : part[3]) || null,
      search: search || null, query: parsesQuery ? kit.load("node_querystring").parse(query) : query || null,
      pathname: pathname || null, path: (pathname ?? "") + search || null, href: url ? url.href : String(text),
    };
  }
  function format(url) {
    if (typeof url === "string" || url instanceof URL) return String(url);
    const query = url.query && typeof url.query === "object" ? kit.load("node_querystring").stringify(url.query) : url.query;
    const search = url.search ?? (query ? `?${query}` : ""), protocol = url.protocol ? url.protocol.replace(/:?$/, ":") : "";
    const host = url.host ?? (url.hostname ? url.hostname + (url.port ? `:${url.port}` : "") : "");
    return protocol + (host ? `//${url.auth ? url.auth + "@" : ""}${host}` : "") + (url.pathname ?? "") + search + (url.hash ?? "");
  }
  function resolve(from, to) {
    const far = new URL(to, new URL(from, "resolve://x"));
    return far.protocol === "resolve:" ? far.pathname + far.search + far.hash : far.href;
  }
  return { URL, URLSearchParams, parse, format, resolve, fileURLToPath: (url) => decodeURIComponent(new URL(url).pathname), pathToFileURL: (path) => new URL("file://" + path) };
})
