// The module `path`, as on POSIX systems.
(function () {
  function normalize(path) {
    const isAbsolute = path.startsWith("/"), parts = [];
    for (const part of path.split("/")) {
      if (part === "" || part === ".") continue;
      if (part !== "..") parts.push(part);
      else if (parts.length && parts.at(-1) !== "..") parts.pop();
      else if (!isAbsolute) parts.push("..");
    }
    const text = parts.join("/") + (path.endsWith("/") && parts.length ? "/" : "");
    return isAbsolute ? "/" + text : text || (path.endsWith("/") ? "./" : ".");
  }
  const join = (...parts) => normalize(parts.filter((part) => part !== "").join("/") || ".");
  function resolve(...parts) {
    let path = "";
    for (const part of parts.reverse()) { if (part) path = path ? `${part}/${path}` : part; if (path.startsWith("/")) break; }
    return normalize("/" + path).replace(/(.)\/$/, "$1");
  }
  const trim = (path) => path.length > 1 ? path.replace(/\/+$/, "") : path;
  function dirname(path) {
    const at = trim(path).lastIndexOf("/");
    return at < 0 ? "." : at === 0 ? "/" : trim(path.slice(0, at)) || "/";
  }
  function basename(path, suffix = "") {
    const name = trim(path).split("/").at(-1);
    return suffix && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
  }
  function extname(path) {
    const name = basename(path), at = name.lastIndexOf(".");
    return at > 0 ? name.slice(at) : "";
  }
  function relative(from, to) {
    const a = resolve(from).split("/").filter(Boolean), b = resolve(to).split("/").filter(Boolean);
    let same = 0;
    while (same < a.length && same < b.length && a[same] === b[same]) same++;
    return [...a.slice(same).map(() => ".."), ...b.slice(same)].join("/");
  }
  function parse(path) {
    const base = basename(path), ext = extname(path);
    return { root: path.startsWith("/") ? "/" : "", dir: path.includes("/") ? dirname(path) : "", base, ext, name: ext ? base.slice(0, -ext.length) : base };
  }
  const format = ({ root = "", dir, base, name = "", ext = "" }) => { const file = base || name + ext; return dir ? (dir === root ? dir + file : `${dir}/${file}`) : root + file; };
  const path = { sep: "/", delimiter: ":", normalize, join, resolve, dirname, basename, extname, relative, parse, format, isAbsolute: (text) => text.startsWith("/") };
  path.posix = path;
  return path;
})
