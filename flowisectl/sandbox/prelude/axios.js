// The module `axios`: the call form, the verbs, `create`, interceptors (https://axios-http.com/docs/api_intro).
(function (kit) {
  const { pack, unpack, untilAborted } = kit.load("fetch"), call = kit.load("calls");
  const { decode } = kit.load("encoding");

  class AxiosError extends Error {
    constructor(message, code, config, request, response) {
      super(message);
      Object.assign(this, { name: "AxiosError", code, config, request, response, isAxiosError: true });
      if (response) this.status = response.status;
    }
    toJSON() { return { message: this.message, name: this.name, code: this.code, status: this.status ?? null, config: this.config }; }
  }
  const lower = (headers) => Object.fromEntries(Object.entries(headers ?? {}).filter(([, value]) => value != null && typeof value !== "object").map(([name, value]) => [name.toLowerCase(), String(value)]));
  function merge(defaults, config) {
    return { ...defaults, ...config, headers: { ...lower(defaults.headers?.common), ...lower(defaults.headers), ...lower(config.headers) }, params: config.params ?? defaults.params };
  }
  function query(params) {
    if (params == null) return "";
    if (params instanceof URLSearchParams) return String(params);
    const encode = (text) => encodeURIComponent(text).replace(/%3A/gi, ":").replace(/%24/g, "$").replace(/%2C/gi, ",").replace(/%20/g, "+").replace(/%5B/gi, "[").replace(/%5D/gi, "]");
    const parts = [];
    function add(name, value) {
      if (value == null) return;
      if (Array.isArray(value)) value.forEach((item) => add(`${name}[]`, item));
      else if (value instanceof Date) parts.push(`${encode(name)}=${encode(value.toISOString())}`);
      else if (typeof value === "object") Object.entries(value).forEach(([key, item]) => add(`${name}[${key}]`, item));
      else parts.push(`${encode(name)}=${encode(String(value))}`);
    }
    Object.entries(params).forEach(([name, value]) => add(name, value));
    return parts.join("&");
  }
  function address(config) {
    let url = String(config.url ?? "");
    if (config.baseURL && !/^([a-z][a-z\d+.-]*:)?\/\//i.test(url)) url = url ? `${String(config.baseURL).replace(/\/+$/, "")}/${url.replace(/^\/+/, "")}` : String(config.baseURL);
    const text = query(config.params);
    if (!text) return url;
    url = url.split("#")[0];
    return url + (url.includes("?") ? "&" : "?") + text;
  }
  function body(config) {
    const { data, headers } = config;
    if (data == null || config.method === "get" || config.method === "head") return {};
    const isPlain = typeof data === "object" && !(data instanceof URLSearchParams || data instanceof ArrayBuffer || ArrayBuffer.isView(data));
    const isJson = isPlain || /application\/json/.test(headers["content-type"] ?? "") && typeof data !== "string";
    const isForm = isPlain && /x-www-form-urlencoded/.test(headers["content-type"] ?? "");
    const packed = isForm ? { text: query(data) } : isJson ? { text: JSON.stringify(data) } : pack(data);
    headers["content-type"] ??= isJson ? "application/json" : "application/x-www-form-urlencoded" + (data instanceof URLSearchParams ? ";charset=utf-8" : "");
    return packed;
  }
  function content(answer, type) {
    const raw = unpack(answer);
    if (type === "arraybuffer") return typeof raw === "string" ? Buffer.from(raw) : Buffer.from(raw);
    const text = typeof raw === "string" ? raw : decode(raw, "utf-8");
    if (type === "text" || type === "stream" || text === "") return text;
    try { return JSON.parse(text); } catch { return text; }
  }

  async function send(config) {
    config.method = String(config.method ?? "get").toLowerCase();
    config.headers = { accept: "application/json, text/plain, */*", ...config.headers };
    const { text, base64 } = body(config);
    if (config.auth) config.headers.authorization = "Basic " + Buffer.from(`${config.auth.username ?? ""}:${config.auth.password ?? ""}`).toString("base64");
    const timeout = Number(config.timeout) || 0, request = {};
    const asked = call("#http", { method: config.method, url: address(config), headers: config.headers, text, base64, timeout: timeout && timeout + 1000, redirects: config.maxRedirects !== 0 });
    let answer, timer;
    try {
      const late = timeout && new Promise((_, reject) => { timer = setTimeout(() => reject(new AxiosError(config.timeoutErrorMessage ?? `timeout of ${timeout}ms exceeded`, "ECONNABORTED", config, request)), timeout); });
      answer = await untilAborted(timeout ? Promise.race([asked, late]) : asked, config.signal, () => new AxiosError("canceled", "ERR_CANCELED", config, request));
    } catch (error) {
      throw error.isAxiosError ? error : new AxiosError(error.message, error.code ?? "ERR_NETWORK", config, request);
    } finally {
      clearTimeout(timer);
    }
    const response = { data: content(answer, config.responseType), status: answer.status, statusText: answer.statusText, headers: answer.headers, config, request };
    for (const change of [].concat(config.transformResponse ?? [])) response.data = change(response.data, response.headers, response.status);
    // The axios of Flowise hands on every answer; only code that names what it takes for valid gets an error for the rest.
    if (!config.validateStatus || config.validateStatus(answer.status)) return response;
    throw new AxiosError(`Request failed with status code ${answer.status}`, answer.status < 500 ? "ERR_BAD_REQUEST" : "ERR_BAD_RESPONSE", config, request, response);
  }

  class Interceptors {
    list = [];
    use(done, failed) { return this.list.push({ done, failed }) - 1; }
    eject(id) { this.list[id] = null; }
    clear() { this.list = []; }
  }
  function create(given = {}) {
    const defaults = { headers: { common: {} }, timeout: 0, ...given };
    defaults.headers = { common: {}, ...given.headers };
    const interceptors = { request: new Interceptors(), response: new Interceptors() };
    function axios(first, second) {
      const config = merge(defaults, typeof first === "string" || first instanceof URL ? { ...second, url: String(first) } : first ?? {});
      let promise = Promise.resolve(config);
      for (const step of interceptors.request.list.filter(Boolean).reverse()) promise = promise.then(step.done, step.failed);
      promise = promise.then(send);
      for (const step of interceptors.response.list.filter(Boolean)) promise = promise.then(step.done, step.failed);
      return promise;
    }
    axios.request = axios;
    for (const method of ["get", "delete", "head", "options"]) axios[method] = (url, config) => axios({ ...config, method, url });
    for (const method of ["post", "put", "patch"]) axios[method] = (url, data, config) => axios({ ...config, method, url, data });
    axios.getUri = (config) => address(merge(defaults, config));
    return Object.assign(axios, { defaults, interceptors });
  }
  const axios = create();
  return Object.assign(axios, { create: (config) => create(config), AxiosError, isAxiosError: (error) => Boolean(error?.isAxiosError), isCancel: (error) => error?.code === "ERR_CANCELED", all: (list) => Promise.all(list), spread: (callback) => (list) => callback(...list), default: axios });
})
