"""`node-fetch` and `axios` in user code: what is sent through the process's HTTP client, and what comes back."""
# ruff: noqa: E501 - code reads better in whole lines

from __future__ import annotations

import asyncio
import json

import pytest
from echo_http import EchoHttp

from flowisectl.clients.http import open_http
from flowisectl.interfaces.http import HttpCall, HttpFailed, HttpResponse, Reach
from flowisectl.interfaces.javascript import JavaScript, JavaScriptError
from flowisectl.sandbox.pool import open_sandbox

BYTES = HttpResponse(status=200, reason="OK", headers={"content-type": "image/png"}, body=bytes(range(256)))
MISSING = HttpResponse(status=404, reason="Not Found", headers={"x-a": "1"}, body=b'{"m":1}')


async def test_fetch_sends_what_node_fetch_sends(http: EchoHttp, sandbox: JavaScript) -> None:
    code = (
        "const r = await require('node-fetch')('http://h/fn?a=1', {method: 'POST', body: 'hé', headers: {'X-Demo': 'z'}}); return r.json()"
    )

    answer = await sandbox.run(code, {})

    assert answer == {
        "method": "POST",
        "url": "http://h/fn?a=1",
        "headers": {"x-demo": "z", "content-type": "text/plain;charset=UTF-8", "accept": "*/*"},
        "body": "hé",
    }
    call = http.calls[0]
    assert (call.reach, call.follow_redirects, call.timeout_seconds) == (Reach.PUBLIC, True, 60.0)


async def test_an_answer_of_fetch_has_its_parts(http: EchoHttp, sandbox: JavaScript) -> None:
    http.answers = {"/bytes": BYTES, "/missing": MISSING}
    code = """
        const {default: fetch, Headers, Request} = require('node-fetch');
        const bytes = await fetch('http://h/bytes'), missing = await fetch(new Request('http://h/missing', {headers: new Headers([['a', 'b']])}));
        const copy = missing.clone();
        return [bytes.ok, (await bytes.buffer()).length, bytes.headers.get('Content-Type'), missing.ok, missing.status, missing.statusText,
                await missing.json(), await copy.text(), [...missing.headers], missing.bodyUsed]
    """

    answer = await sandbox.run(code, {})

    assert answer == [True, 256, "image/png", False, 404, "Not Found", {"m": 1}, '{"m":1}', [["x-a", "1"]], True]


@pytest.mark.parametrize(
    ("body", "sent", "kind"),
    [
        ("new URLSearchParams({a: 'b c'})", b"a=b+c", "application/x-www-form-urlencoded;charset=UTF-8"),
        ("Buffer.from([0, 255])", b"\x00\xff", None),
        ("new Uint8Array([1])", b"\x01", None),
        ("{a: 1}", b"[object Object]", "text/plain;charset=UTF-8"),
    ],
)
async def test_bodies_of_fetch(http: EchoHttp, sandbox: JavaScript, body: str, sent: bytes, kind: str | None) -> None:
    await sandbox.run(f"await require('node-fetch')('http://h/', {{method: 'PUT', body: {body}}})", {})

    assert (http.calls[0].method, http.calls[0].body, http.calls[0].headers.get("content-type")) == ("PUT", sent, kind)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("fetch('http://denied/')", "Error: Access to this host is denied by policy."),
        ("fetch('http://h/broken')", "FetchError: request to http://h/broken failed, reason: the connection was cut"),
        ("fetch('/relative')", "TypeError: Only absolute URLs are supported"),
        ("fetch('http://h/', {body: 'x'})", "TypeError: Request with GET/HEAD method cannot have body"),
        ("fetch('http://h/text').then(r => r.json())", "FetchError: invalid json response body at http://h/text reason: "),
        ("fetch('http://h/', {signal: AbortSignal.abort()})", "AbortError: The user aborted a request."),
        ("fetch('http://h/', {method: 'TRACE'})", "FetchError: request to http://h/ failed, reason: the request cannot be read"),
        ("axios.get('http://denied/')", "AxiosError: Access to this host is denied by policy."),
        ("axios.get('http://h/broken')", "AxiosError: the connection was cut"),
        ("axios.get('http://h/missing', {validateStatus: s => s < 300})", "AxiosError: Request failed with status code 404"),
    ],
)
async def test_what_goes_wrong_is_told_as_the_libraries_tell_it(http: EchoHttp, sandbox: JavaScript, code: str, text: str) -> None:
    plain = HttpResponse(status=200, reason="OK", headers={}, body=b"no json")
    http.answers = {"/broken": HttpFailed("the connection was cut"), "/missing": MISSING, "/text": plain}

    with pytest.raises(JavaScriptError) as caught:
        await sandbox.run(f"const fetch = require('node-fetch'), axios = require('axios'); return await {code}", {})

    assert str(caught.value).startswith(text)


async def test_axios_sends_data_params_and_credentials(http: EchoHttp, sandbox: JavaScript) -> None:
    code = """
        const axios = require('axios');
        const config = {params: {q: 'x y', list: [1, 2], no: null}, auth: {username: 'u', password: 'p'}, headers: {'X-A': 'b'}, timeout: 5000};
        const r = await axios.post('http://h/p?z=1', {a: [1]}, config);
        return [r.status, r.statusText, r.data, r.headers['content-type'], r.config.method]
    """

    status, reason, data, kind, method = await sandbox.run(code, {})

    assert (status, reason, kind, method) == (200, "OK", "application/json", "post")
    assert (data["method"], data["url"], data["body"]) == ("POST", "http://h/p?z=1&q=x+y&list[]=1&list[]=2", '{"a":[1]}')
    assert data["headers"]["authorization"] == "Basic dTpw" and data["headers"]["x-a"] == "b"
    assert data["headers"]["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("call", "method", "body", "kind"),
    [
        ("axios({url: 'http://h/', method: 'patch', data: 'text'})", "PATCH", b"text", "application/x-www-form-urlencoded"),
        ("axios('http://h/')", "GET", None, None),
        ("axios.request({url: 'http://h/', data: {a: 1}})", "GET", None, None),
        ("axios.delete('http://h/', {data: {a: 1}})", "DELETE", b'{"a":1}', "application/json"),
        ("axios.put('http://h/', new URLSearchParams('a=b'))", "PUT", b"a=b", "application/x-www-form-urlencoded;charset=utf-8"),
        ("axios.create({baseURL: 'http://h', headers: {'x-b': '1'}}).post('/', [1])", "POST", b"[1]", "application/json"),
    ],
)
async def test_ways_to_call_axios(
    http: EchoHttp, sandbox: JavaScript, call: str, method: str, body: bytes | None, kind: str | None
) -> None:
    await sandbox.run(f"const axios = require('axios'); await {call}", {})

    sent = http.calls[0]
    assert (sent.method, sent.url, sent.body, sent.headers.get("content-type")) == (method, "http://h/", body, kind)


async def test_an_error_of_axios_carries_the_answer(http: EchoHttp, sandbox: JavaScript) -> None:
    http.answers = {"/missing": MISSING}
    code = """
        const axios = require('axios');
        try { await axios('http://h/missing', {validateStatus: s => s === 200}) } catch (e) {
            const easy = await axios('http://h/missing');
            return [e.response.status, e.response.data, e.code, axios.isAxiosError(e), e.toJSON().message, easy.status]
        }
    """

    message = "Request failed with status code 404"
    assert await sandbox.run(code, {}) == [404, {"m": 1}, "ERR_BAD_REQUEST", True, message, 404]


async def test_axios_gives_bytes_and_text_as_asked(http: EchoHttp, sandbox: JavaScript) -> None:
    http.answers = {"/bytes": BYTES}
    code = """
        const axios = require('axios');
        const bytes = await axios.get('http://h/bytes', {responseType: 'arraybuffer'}), text = await axios.get('http://h/', {responseType: 'text'});
        return [Buffer.isBuffer(bytes.data), bytes.data[255], typeof text.data]
    """

    assert await sandbox.run(code, {}) == [True, 255, "string"]


async def test_interceptors_of_axios_run(sandbox: JavaScript) -> None:
    code = """
        const axios = require('axios');
        axios.interceptors.request.use(config => { config.headers['x-seen'] = 'yes'; return config });
        axios.interceptors.response.use(response => response.data);
        return (await axios('http://h/')).headers['x-seen']
    """

    assert await sandbox.run(code, {}) == "yes"


async def test_a_slow_answer_ends_with_the_callers_time_out(http: EchoHttp, sandbox: JavaScript) -> None:
    async def never(call: HttpCall) -> HttpResponse:
        await asyncio.Event().wait()
        raise AssertionError

    http.answers = {"/slow": never}
    with pytest.raises(JavaScriptError, match="AxiosError: timeout of 20ms exceeded"):
        await sandbox.run("return await require('axios').get('http://h/slow', {timeout: 20})", {})
    with pytest.raises(JavaScriptError, match="AbortError"):
        code = "const c = new AbortController(); setTimeout(() => c.abort(), 5); await require('node-fetch')('http://h/slow', {signal: c.signal})"
        await sandbox.run(code, {})


async def test_redirects_may_be_kept_by_the_code(http: EchoHttp, sandbox: JavaScript) -> None:
    http.answers = {"/r": HttpResponse(status=302, reason="Found", headers={"location": "/x"}, body=b"")}
    code = "const f = require('node-fetch'); return (await f('http://h/r', {redirect: 'manual'})).headers.get('location')"

    assert await sandbox.run(code, {}) == "/x"
    assert http.calls[0].follow_redirects is False
    with pytest.raises(JavaScriptError, match="redirect mode is set to error"):
        await sandbox.run("await require('node-fetch')('http://h/r', {redirect: 'error'})", {})


async def test_the_real_client_refuses_internal_addresses_for_user_code() -> None:
    async with open_http() as client, open_sandbox(client, timeout_seconds=30) as sandbox:
        for url in ("http://127.0.0.1:1/", "http://localhost:1/", "http://169.254.169.254/latest", "http://[::ffff:10.0.0.1]/"):
            with pytest.raises(JavaScriptError, match="denied by policy"):
                await sandbox.run("await require('node-fetch')($url)", {"$url": url})


async def test_large_bodies_go_both_ways(http: EchoHttp, sandbox: JavaScript) -> None:
    code = (
        "const r = await require('node-fetch')('http://h/', {method: 'POST', body: 'x'.repeat(3e6)}); return (await r.json()).body.length"
    )

    assert await sandbox.run(code, {}) == 3_000_000


def test_the_answers_of_the_double_are_json() -> None:
    assert json.loads(MISSING.body) == {"m": 1}


@pytest.mark.parametrize(("name", "module"), [("fetch", "node-fetch"), ("axios", "axios")])
async def test_a_client_that_was_not_required_is_told_with_the_line_that_gets_it(sandbox: JavaScript, name: str, module: str) -> None:
    with pytest.raises(JavaScriptError) as caught:
        await sandbox.run(f"return await {name}('https://a.example')", {})

    assert str(caught.value) == f"ReferenceError: {name} is not defined: begin with const {name} = require('{module}')"
