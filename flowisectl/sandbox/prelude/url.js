// URL and URLSearchParams (https://url.spec.whatwg.org/): http-like schemes in full, others as far as scripts need them.
(function (kit) {
  const ports = { "http:": "80", "https:": "443", "ws:": "80", "wss:": "443", "ftp:": "21", "file:": "" };
  const keep = (set) => (text) => text.toWellFormed().replace(set, encodeChar);
  const encodeChar = (char) => /%[0-9a-f]{2}/i.test(char) ? char : encodeURIComponent(char).replace(/^[!'()*]$/, (mark) => "%" + mark.charCodeAt(0).toString(16).toUpperCase());
  const encodePath = keep(/[^\x21\x24-\x3b\x3d\x40-\x5d\x5f\x61-\x7a\x7c\x7e%]/gu);
  const encodeQuery = keep(/[^\x21\x24-\x26\x28-\x3b\x3d\x3f-\x7e%]/gu);
  const encodeOtherQuery = keep(/[^\x21\x24-\x3b\x3d\x3f-\x7e%]/gu);
  const encodeHash = keep(/[^\x21\x23-\x3b\x3d\x3f-\x5f\x61-\x7e%]/gu);
  const encodeUser = keep(/[^\x21\x24-\x2e\x30-\x39\x41-\x5a\x5f\x61-\x7a\x7e%]/gu);
  const encodeForm = (text) => encodeURIComponent(String(text).toWellFormed()).replace(/[!'()~]/g, (char) => "%" + char.charCodeAt(0).toString(16).toUpperCase()).replace(/%20/g, "+");
  function decodeForm(text) {
    text = text.replace(/\+/g, " ");
    try { return decodeURIComponent(text); } catch {
      const { decode } = kit.load("encoding"), bytes = [];
      for (let i = 0; i < text.length; i++) {
        const pair = /^%([0-9a-f]{2})/i.exec(text.slice(i, i + 3));
        if (pair) { bytes.push(parseInt(pair[1], 16)); i += 2; } else bytes.push(...kit.load("encoding").encode(text[i]));
      }
      return decode(Uint8Array.from(bytes), "utf-8");
    }
  }
  function invalid(text) {
    return Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL", input: String(text) });
  }

  function hostOf(text, isSpecial, input) {
    if (text.startsWith("[")) {
      if (!/^\[[0-9a-f:.]+\]$/i.test(text)) throw invalid(input);
      return text.toLowerCase();
    }
    if (!isSpecial) return text;
    let host = decodeForm(text.replace(/\+/g, "%2B")).toLowerCase();
    if (/[^\x00-\x7f]/.test(host)) {
      const answer = kit.native("idna", host, "");
      if (answer[0] === "!") throw invalid(input);
      host = answer.slice(1);
    }
    if (!host || /[\x00-\x20#%/:<>?@[\\\]^|]/.test(host)) throw invalid(input);
    const last = host.replace(/\.$/, "").split(".").at(-1);
    return /^(\d+|0x[0-9a-f]*)$/.test(last) ? addressOf(host, input) : host;
  }
  function addressOf(host, input) { // an address in any of the ways that browsers read: 127.1, 0x7f000001
    const parts = host.replace(/\.$/, "").split(".");
    if (parts.length > 4) throw invalid(input);
    const numbers = parts.map((part) => {
      if (!/^(0x[0-9a-f]*|\d+)$/.test(part)) throw invalid(input);
      const number = /^0x/.test(part) ? parseInt(part.slice(2) || "0", 16) : parseInt(part, part.length > 1 && part[0] === "0" ? 8 : 10);
      if (Number.isNaN(number)) throw invalid(input);
      return number;
    });
    const last = numbers.pop();
    if (numbers.some((number) => number > 255) || last >= 256 ** (4 - numbers.length)) throw invalid(input);
    const whole = numbers.reduce((sum, number, i) => sum + number * 256 ** (3 - i), last);
    return [24, 16, 8, 0].map((shift) => Math.floor(whole / 2 ** shift) % 256).join(".");
  }
  function tidy(path) {
    const out = [], parts = path.split("/").slice(1);
    parts.forEach((part, i) => {
      const plain = part.replace(/%2e/gi, ".");
      if (plain === "..") { out.pop(); if (i === parts.length - 1) out.push(""); }
      else if (plain === ".") { if (i === parts.length - 1) out.push(""); }
      else out.push(part);
    });
    return "/" + out.join("/");
  }

  function parse(input, base) {
    let rest = String(input).replace(/^[\x00-\x20]+|[\x00-\x20]+$/g, "").replace(/[\t\n\r]/g, "");
    const url = { protocol: "", username: "", password: "", hostname: null, port: "", pathname: "", search: "", hash: "" };
    const hashAt = rest.indexOf("#");
    if (hashAt >= 0) { url.hash = encodeHash(rest.slice(hashAt)).replace(/^#$/, ""); rest = rest.slice(0, hashAt); }
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(rest);
    if (scheme) { url.protocol = scheme[0].toLowerCase(); rest = rest.slice(scheme[0].length); }
    else if (!base) throw invalid(input);
    else url.protocol = base.protocol;
    const isSpecial = url.protocol in ports;
    const isSame = base && (!scheme || (isSpecial && base.protocol === url.protocol && !/^[/\\]{2}/.test(rest)));
    if (isSpecial) { const at = rest.indexOf("?"), path = at < 0 ? rest : rest.slice(0, at); rest = path.replace(/\\/g, "/") + (at < 0 ? "" : rest.slice(at)); }
    const queryAt = rest.indexOf("?");
    let query = null;
    if (queryAt >= 0) { query = rest.slice(queryAt); rest = rest.slice(0, queryAt); }
    if (isSpecial && !isSame && url.protocol !== "file:") rest = rest.replace(/^\/*/, "//");
    if (rest.startsWith("//")) {
      const end = rest.indexOf("/", 2), place = end < 0 ? rest.slice(2) : rest.slice(2, end);
      rest = end < 0 ? "" : rest.slice(end);
      const at = place.lastIndexOf("@"), user = at < 0 ? "" : place.slice(0, at);
      const found = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(place.slice(at + 1));
      if (!found || (found[2] && Number(found[2]) > 65535)) throw invalid(input);
      if (at >= 0) { const colon = user.indexOf(":"); url.username = encodeUser(colon < 0 ? user : user.slice(0, colon)); url.password = colon < 0 ? "" : encodeUser(user.slice(colon + 1)); }
      url.hostname = url.protocol === "file:" && !found[1] ? "" : hostOf(found[1], isSpecial, input);
      url.port = found[2] && String(Number(found[2])) !== ports[url.protocol] ? String(Number(found[2])) : "";
    } else if (isSame) {
      if (base.hostname === null && !base.pathname.startsWith("/") && (rest || query !== null)) throw invalid(input);
      Object.assign(url, { username: base.username, password: base.password, hostname: base.hostname, port: base.port });
      if (!rest) { rest = base.pathname; query ??= base.search; }
      else if (!rest.startsWith("/")) rest = base.pathname.slice(0, base.pathname.lastIndexOf("/") + 1) + rest;
    }
    const isOpaque = !isSpecial && url.hostname === null && !rest.startsWith("/");
    url.pathname = isOpaque ? rest : (isSpecial || rest) ? tidy(encodePath(rest.startsWith("/") ? rest : "/" + rest)) : "";
    url.search = query && query !== "?" ? (isSpecial ? encodeQuery : encodeOtherQuery)(query) : "";
    return url;
  }

  class URLSearchParams {
    #list = []; #changed = () => {};
    constructor(init = "", changed) {
      if (typeof changed === "function") this.#changed = changed;
      if (typeof init === "object" && init !== null) {
        const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
        for (const pair of pairs) {
          const [name, value, ...more] = pair;
          if (more.length || value === undefined && [...pair].length !== 2) throw new TypeError("Each query pair must be an iterable [name, value] tuple");
          this.#list.push([String(name), String(value)]);
        }
      } else this.read(String(init));
    }
    read(text) {
      this.#list = text.replace(/^\?/, "").split("&").filter(Boolean).map((pair) => {
        const at = pair.indexOf("=");
        return at < 0 ? [decodeForm(pair), ""] : [decodeForm(pair.slice(0, at)), decodeForm(pair.slice(at + 1))];
      });
    }
    get size() { return this.#list.length; }
    append(name, value) { this.#list.push([String(name), String(value)]); this.#changed(); }
    delete(name, value) { this.#list = this.#list.filter(([key, item]) => key !== String(name) || (value !== undefined && item !== String(value))); this.#changed(); }
    get(name) { return this.#list.find(([key]) => key === String(name))?.[1] ?? null; }
    getAll(name) { return this.#list.filter(([key]) => key === String(name)).map(([, value]) => value); }
    has(name, value) { return this.#list.some(([key, item]) => key === String(name) && (value === undefined || item === String(value))); }
    set(name, value) {
      const at = this.#list.findIndex(([key]) => key === String(name));
      if (at < 0) this.#list.push([String(name), String(value)]);
      else { this.#list[at][1] = String(value); this.#list = this.#list.filter(([key], i) => i <= at || key !== String(name)); }
      this.#changed();
    }
    sort() { this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#changed(); }
    forEach(callback, self) { for (const [name, value] of this.#list) callback.call(self, value, name, this); }
    *entries() { yield* this.#list.map((pair) => [...pair]); }
    *keys() { for (const [name] of this.#list) yield name; }
    *values() { for (const [, value] of this.#list) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.#list.map(([name, value]) => `${encodeForm(name)}=${encodeForm(value)}`).join("&"); }
  }
  Object.defineProperty(URLSearchParams.prototype, "read", { enumerable: false });

  class URL {
    #url; #params = null;
    constructor(input, base) { this.#url = parse(input, base === undefined ? undefined : parse(base)); }
    static canParse(input, base) { try { new URL(input, base); return true; } catch { return false; } }
    static parse(input, base) { try { return new URL(input, base); } catch { return null; } }
    get searchParams() {
      return (this.#params ??= new URLSearchParams(this.#url.search, () => { const text = String(this.#params); this.#url.search = text && "?" + text; }));
    }
    get href() {
      const { protocol, username, password, hostname, pathname, search, hash } = this.#url;
      const user = username || password ? `${username}${password && ":" + password}@` : "";
      return protocol + (hostname === null ? "" : `//${user}${this.host}`) + pathname + search + hash;
    }
    set href(text) { this.#url = parse(text); this.#params?.read(this.#url.search); }
    get origin() { return this.#url.protocol in ports && this.#url.protocol !== "file:" ? `${this.#url.protocol}//${this.host}` : "null"; }
    get host() { return (this.#url.hostname ?? "") + (this.#url.port && ":" + this.#url.port); }
    set host(text) { this.#change((url) => `${url.protocol}//${text}`, ["hostname", "port"]); }
    get hostname() { return this.#url.hostname ?? ""; }
    set hostname(text) { this.#change((url) => `${url.protocol}//${text}`, ["hostname"]); }
    get port() { return this.#url.port; }
    set port(text) { const found = /^\d*/.exec(String(text))[0]; if (found === "" || Number(found) <= 65535) this.#url.port = found && String(Number(found)) !== ports[this.#url.protocol] ? String(Number(found)) : ""; }
    get protocol() { return this.#url.protocol; }
    set protocol(text) {
      const found = /^([a-z][a-z0-9+.-]*):?$/i.exec(String(text));
      if (found && (found[1].toLowerCase() + ":" in ports) === (this.#url.protocol in ports)) { this.#url.protocol = found[1].toLowerCase() + ":"; this.port = this.#url.port; }
    }
    get pathname() { return this.#url.pathname; }
    set pathname(text) { text = String(text); this.#url.pathname = tidy(encodePath((text.startsWith("/") ? text : "/" + text).replace(/[?#]/g, encodeURIComponent))); }
    get search() { return this.#url.search; }
    set search(text) { text = String(text).replace(/^\?/, ""); this.#url.search = text && "?" + encodeQuery(text.replace(/#/g, "%23")); this.#params?.read(this.#url.search); }
    get hash() { return this.#url.hash; }
    set hash(text) { text = String(text).replace(/^#/, ""); this.#url.hash = text && "#" + encodeHash(text); }
    get username() { return this.#url.username; }
    set username(text) { this.#url.username = encodeUser(String(text)); }
    get password() { return this.#url.password; }
    set password(text) { this.#url.password = encodeUser(String(text)); }
    #change(text, members) { try { const parsed = parse(text(this.#url)); for (const member of members) this.#url[member] = parsed[member]; } catch { /* a wrong value changes nothing */ } }
    toString() { return this.href; }
    toJSON() { return this.href; }
  }
  return { URL, URLSearchParams };
})
