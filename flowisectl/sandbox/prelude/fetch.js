// The module `node-fetch` (version 2): requests that the parent sends, and its deny list checks.
(function (kit) {
  const { encode, decode, bytesOf } = kit.load("encoding"), call = kit.load("calls");

  class Headers {
    #map = new Map();
    constructor(init) {
      if (init == null) return;
      const pairs = init instanceof Headers || typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
      for (const [name, value] of pairs) this.append(name, value);
    }
    append(name, value) { const key = String(name).toLowerCase(); this.#map.set(key, this.#map.has(key) ? `${this.#map.get(key)}, ${value}` : String(value)); }
    set(name, value) { this.#map.set(String(name).toLowerCase(), String(value)); }
    get(name) { return this.#map.get(String(name).toLowerCase()) ?? null; }
    has(name) { return this.#map.has(String(name).toLowerCase()); }
    delete(name) { this.#map.delete(String(name).toLowerCase()); }
    forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
    raw() { return Object.fromEntries([...this].map(([name, value]) => [name, [value]])); }
    entries() { return [...this.#map].sort(([a], [b]) => (a < b ? -1 : 1))[Symbol.iterator](); }
    *keys() { for (const [name] of this) yield name; }
    *values() { for (const [, value] of this) yield value; }
    [Symbol.iterator]() { return this.entries(); }
  }
  class FetchError extends Error {
    constructor(message, type, code) { super(message); Object.assign(this, { name: "FetchError", type, code, errno: code }); }
  }
  class AbortError extends Error {
    constructor() { super("The user aborted a request."); Object.assign(this, { name: "AbortError", type: "aborted" }); }
  }
  // A body is kept as text while it is text: most are, and bytes would cost a copy each way.
  class Body {
    constructor(body) { this.kept = body; this.bodyUsed = false; }
    #take() {
      if (this.bodyUsed) throw new TypeError(`body used already for: ${this.url}`);
      this.bodyUsed = true;
      return this.kept;
    }
    async text() { const body = this.#take(); return typeof body === "string" ? body : body == null ? "" : decode(body, "utf-8"); }
    async json() {
      const text = await this.text();
      try { return JSON.parse(text); } catch (error) {
        throw new FetchError(`invalid json response body at ${this.url} reason: ${error.message}`, "invalid-json");
      }
    }
    async buffer() { const body = this.#take(); return Buffer.from(typeof body === "string" ? encode(body) : body ?? []); }
    async bytes() { return new Uint8Array(await this.buffer()); }
    async arrayBuffer() { return (await this.bytes()).buffer; }
    async blob() { const bytes = await this.bytes(); return { size: bytes.length, type: this.headers.get("content-type") ?? "", arrayBuffer: async () => bytes.buffer, text: async () => decode(bytes, "utf-8") }; }
    get body() { const self = this; return this.kept == null ? null : { async *[Symbol.asyncIterator]() { yield await self.buffer(); } }; }
  }
  Object.defineProperty(Body.prototype, "kept", { writable: true, enumerable: false });
  class Response extends Body {
    constructor(body, { status = 200, statusText = "", headers, url = "" } = {}) {
      super(body);
      Object.assign(this, { status, statusText, url, headers: new Headers(headers), redirected: false, size: 0, timeout: 0 });
    }
    get ok() { return this.status >= 200 && this.status < 300; }
    clone() { return new Response(this.kept, this); }
    static json(data, init) { return new Response(JSON.stringify(data), { ...init, headers: { "content-type": "application/json", ...init?.headers } }); }
  }
  class Request extends Body {
    constructor(input, init = {}) {
      const from = input instanceof Request ? input : {};
      super(init.body ?? from.kept ?? null);
      Object.assign(this, {
        url: input instanceof Request ? input.url : String(input?.href ?? input), method: String(init.method ?? from.method ?? "GET").toUpperCase(),
        headers: new Headers(init.headers ?? from.headers), redirect: init.redirect ?? from.redirect ?? "follow", signal: init.signal ?? from.signal ?? null, timeout: init.timeout ?? from.timeout ?? 0,
      });
    }
  }

  // What the parent sends: text as text, bytes as base64; gives the body and the media type that goes with it.
  function pack(body) {
    if (body == null) return {};
    if (body instanceof URLSearchParams) return { text: String(body), type: "application/x-www-form-urlencoded;charset=UTF-8" };
    if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return { base64: new Uint8Array(bytesOf(body)).toBase64() };
    return { text: String(body).toWellFormed(), type: "text/plain;charset=UTF-8" };
  }
  const unpack = (answer) => "text" in answer ? answer.text : Uint8Array.fromBase64(answer.base64);
  function untilAborted(promise, signal, makeError) {
    if (!signal) return promise;
    if (signal.aborted) return Promise.reject(makeError());
    return new Promise((resolve, reject) => { signal.addEventListener("abort", () => reject(makeError())); promise.then(resolve, reject); });
  }

  async function fetch(input, init) {
    const request = new Request(input, init), { text, base64, type } = pack(request.kept);
    if ((text ?? base64) !== undefined && (request.method === "GET" || request.method === "HEAD")) throw new TypeError("Request with GET/HEAD method cannot have body");
    if (type && !request.headers.has("content-type")) request.headers.set("content-type", type);
    if (!request.headers.has("accept")) request.headers.set("accept", "*/*");
    let url;
    try { url = new URL(request.url); } catch { throw new TypeError("Only absolute URLs are supported"); }
    let answer;
    try {
      answer = await untilAborted(call("#http", { method: request.method, url: url.href, headers: Object.fromEntries(request.headers), text, base64, timeout: request.timeout, redirects: request.redirect === "follow" }), request.signal, () => new AbortError());
    } catch (error) {
      if (error.name === "AbortError" || error.code === "ERR_DENIED") throw error;
      throw new FetchError(`request to ${request.url} failed, reason: ${error.message}`, "system", error.code);
    }
    if (request.redirect === "error" && answer.status >= 300 && answer.status < 400) throw new FetchError(`uri requested responds with a redirect, redirect mode is set to error: ${request.url}`, "no-redirect");
    return new Response(unpack(answer), { ...answer, url: url.href });
  }
  Object.assign(fetch, { default: fetch, fetch, Headers, Request, Response, FetchError, AbortError, isRedirect: (status) => [301, 302, 303, 307, 308].includes(status) });
  return { fetch, pack, unpack, untilAborted };
})
