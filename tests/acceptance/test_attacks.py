"""What somebody would try on the open port of a running server: broken HTTP, broken JSON, forged logins, addresses that lead inside.

One program for all tests; each ends with the server still answering.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jwt
import pytest
from acceptance_program import Program, function_flow

EMAIL, PASSWORD = "ada@example.com", "Right-horse-9"
SECONDS = 20.0
FETCH = """
const fetch = require("node-fetch");
try { return "got " + await (await fetch($input)).text() } catch (e) { return "refused " + e.message }
"""


@dataclass(frozen=True)
class Target:
    """The server under attack, a flow that echoes, and one that fetches what it is asked for."""

    program: Program
    echo: str
    fetcher: str

    def raw(self, data: bytes, *, until_closed: bool = True) -> bytes:
        """Send bytes as they are, and read what comes back until the server closes (or until there is a whole answer)."""
        with socket.create_connection(("127.0.0.1", self.program.port), timeout=SECONDS) as connection:
            connection.sendall(data)
            return read_answer(connection, until_closed=until_closed)

    def call(self, method: str, path: str, body: bytes | str = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.program.port, timeout=SECONDS)
        connection.request(method, path, body or None, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def predict(self, body: bytes, flow_id: str = "") -> tuple[int, Any]:
        status, _, data = self.call("POST", f"/api/v1/prediction/{flow_id or self.echo}", body, Content_Type="application/json")
        return status, json.loads(data)

    def ask(self, question: str, flow_id: str = "") -> str:
        status, answer = self.predict(json.dumps({"question": question}).encode(), flow_id)
        assert status == 200, answer
        return str(answer["text"])

    def is_alive(self) -> bool:
        return self.call("GET", "/api/v1/ping")[2] == b"pong" and self.ask("still there") == "hello still there"


def read_answer(connection: socket.socket, *, until_closed: bool) -> bytes:
    found = b""
    while until_closed or b"\r\n\r\n" not in found:
        try:
            piece = connection.recv(65_536)
        except ConnectionResetError:
            break
        if not piece:
            break
        found += piece
    return found


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    program = Program(tmp_path_factory.mktemp("attacks"))
    program.start("start", "--role", "all-in-one", FLOWISE_FILE_SIZE_LIMIT="2mb")
    try:
        program.wait_for("ready: http")
        assert program.run("user", "create", "--email", EMAIL, "--password", PASSWORD).returncode == 0
        fetching = function_flow()
        fetching["nodes"][0]["data"]["inputs"]["javascriptFunction"] = FETCH
        yield Target(program, program.import_flow(function_flow(), "echo"), program.import_flow(fetching, "fetcher"))
    finally:
        program.end()


@pytest.fixture(scope="module")
def inside() -> Iterator[int]:
    """A server on loopback that nobody outside shall read; gives its port. `/away?<url>` redirects."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            away = self.path.partition("?")[2]
            self.send_response(302 if away else 200)
            if away:
                self.send_header("Location", unquote(away))
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"SECRET")

        def log_message(self, format: str, *arguments: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


# ---- addresses that lead inside

INTERNAL_ADDRESSES = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://x.localhost:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://user:pass@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@example.com/",
    "http://example.com@127.0.0.1:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    "http://[fd00:ec2::254]/",
    "http://100.100.100.200/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
]


@pytest.mark.parametrize("address", INTERNAL_ADDRESSES)
def test_user_code_reads_nothing_inside(target: Target, inside: int, address: str) -> None:
    text = target.ask(address.format(port=inside), target.fetcher)

    assert text.startswith("refused") and "SECRET" not in text and "root:" not in text
    assert "not defined" not in text and "Cannot find" not in text


@pytest.mark.parametrize("other", ["http://127.0.0.2:{port}/", "http://[::ffff:127.0.0.2]:{port}/", "http://2130706434:{port}/"])
def test_a_redirect_is_checked_as_the_first_address_is(tmp_path: Path, inside: int, other: str) -> None:
    program = Program(tmp_path)
    program.start("start", "--role", "main", MODE="main", HTTP_SECURITY_CHECK="false", HTTP_DENY_LIST="127.0.0.2")
    try:
        program.wait_for("listening on")
        fetching = function_flow()
        fetching["nodes"][0]["data"]["inputs"]["javascriptFunction"] = FETCH
        open_target = Target(program, "", program.import_flow(fetching, "fetcher"))

        direct = open_target.ask(f"http://127.0.0.1:{inside}/", open_target.fetcher)
        redirected = open_target.ask(f"http://127.0.0.1:{inside}/away?{other.format(port=inside)}", open_target.fetcher)

        assert direct == "got SECRET" and redirected.startswith("refused") and "denied by policy" in redirected
    finally:
        program.end()


# ---- JSON

BODIES = [
    (b'{"question":' + b"[" * 100_000 + b"]" * 100_000 + b"}", (200, 400)),
    (b'{"question":"x","overrideConfig":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, (200, 400)),
    (b'{"question":"' + b"x" * 3_000_000 + b'"}', (413,)),
    (b'{"question":NaN}', (400,)),
    (b'{"question":Infinity}', (400,)),
    (b'{"question":-Infinity}', (400,)),
    (b'{"question":"\xff\xfe"}', (400,)),
    (b'{"question":"\xed\xa0\x80"}', (400,)),
    (b'{"question":1e999}', (200, 400)),
    (b'{"question":"x"', (400,)),
    (b'{"question":"x"}{}', (400,)),
    (b'"text"', (400,)),
    (b'\xef\xbb\xbf{"question":"x"}', (200, 400)),
    (b'{"__proto__":{"admin":true},"question":"x","constructor":{"prototype":{}}}', (200,)),
]


@pytest.mark.parametrize(("body", "statuses"), BODIES, ids=[f"{body[:24]!r} {len(body)}" for body, _ in BODIES])
def test_json_that_nobody_should_send_is_refused_or_taken_and_breaks_nothing(
    target: Target, body: bytes, statuses: tuple[int, ...]
) -> None:
    status, answer = target.predict(body)

    assert status in statuses, answer
    assert "Traceback" not in json.dumps(answer) and target.is_alive()


def test_of_two_equal_keys_the_last_counts(target: Target) -> None:
    assert target.predict(b'{"question":"first","question":"second"}')[1]["text"] == "hello second"


def test_half_a_surrogate_pair_becomes_a_mark(target: Target) -> None:
    status, answer = target.predict(b'{"question":"a\\ud800b"}')

    assert status == 200 and answer["text"] == "hello a\ufffdb"


# ---- HTTP

OVER = "POST /api/v1/prediction/{flow} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}\r\n"


def head(target: Target, *headers: str) -> bytes:
    return OVER.format(flow=target.echo, headers="".join(f"{line}\r\n" for line in headers)).encode("latin-1")


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Content-Length: 16"),
        ("Content-Length: -1",),
        ("Content-Length: 0x10",),
        ("Content-Length: 1e1",),
        ("Content-Length: 99999999999999999999999999",),
        ("Transfer-Encoding: gzip, chunked, identity",),
        ("Transfer-Encoding: xchunked",),
        ("Bad Header: x",),
        ("X-Nul: a\x00b",),
        ("X" * 200_000 + ": 1",),
        tuple(f"X-{number}: {number}" for number in range(5000)),
    ],
    ids=["two lengths", "negative", "hexadecimal", "exponent", "huge length", "three encodings", "unknown encoding", "blank in a name",
         "NUL", "long name", "five thousand headers"],
)  # fmt: skip
def test_a_broken_head_is_refused_and_the_connection_ends(target: Target, headers: tuple[str, ...]) -> None:
    answer = target.raw(head(target, "Connection: close", *headers) + b'{"question":"x"}')

    assert not answer or re.match(rb"HTTP/1\.1 (400|405|413|431|501) ", answer), answer[:200]
    assert b"hello" not in answer and target.is_alive()


def test_a_length_beside_chunks_smuggles_no_second_request(target: Target) -> None:
    body = b'{"question":"x"}'
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    smuggled = b"GET /api/v1/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    answer = target.raw(head(target, f"Content-Length: {len(chunked) + len(smuggled)}", "Transfer-Encoding: chunked", "Connection: close")
                        + chunked + smuggled)  # fmt: skip

    assert answer.count(b"HTTP/1.1 ") == 1 and b"version" not in answer.partition(b"\r\n\r\n")[2]
    assert target.is_alive()


def test_requests_in_one_packet_are_answered_in_their_order(target: Target) -> None:
    bodies = [json.dumps({"question": f"number {number}"}).encode() for number in range(5)]
    requests = [head(target, f"Content-Length: {len(body)}") + body for body in bodies[:-1]]
    requests.append(head(target, f"Content-Length: {len(bodies[-1])}", "Connection: close") + bodies[-1])

    answer = target.raw(b"".join(requests))

    assert re.findall(rb"hello number (\d)", answer) == [b"0", b"1", b"2", b"3", b"4"]


def test_chunks_that_never_end_hold_nobody_else(target: Target) -> None:
    with socket.create_connection(("127.0.0.1", target.program.port), timeout=SECONDS) as endless:
        endless.sendall(head(target, "Transfer-Encoding: chunked"))
        for _ in range(20):
            endless.sendall(b"1\r\n \r\n")

        assert target.is_alive()


def test_chunks_beyond_the_limit_are_cut_off(target: Target) -> None:
    chunk = b"%x\r\n%b\r\n" % (100_000, b"x" * 100_000)
    with socket.create_connection(("127.0.0.1", target.program.port), timeout=SECONDS) as long:
        long.sendall(head(target, "Transfer-Encoding: chunked"))
        for _ in range(30):
            long.sendall(chunk)
        long.sendall(b"0\r\n\r\n")
        answer = read_answer(long, until_closed=False)

    assert answer.startswith(b"HTTP/1.1 413 ") and target.is_alive()


def test_two_hundred_half_open_requests_hold_nobody_else(target: Target) -> None:
    slow = [socket.create_connection(("127.0.0.1", target.program.port), timeout=SECONDS) for _ in range(200)]
    try:
        for connection in slow:
            connection.sendall(b"POST /api/v1/prediction/x HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        began = time.monotonic()
        assert target.is_alive() and time.monotonic() - began < SECONDS
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize("name", ["X_HTTP_Method_Override", "X_HTTP_Method", "X_Method_Override"])
def test_a_method_is_what_its_line_says(target: Target, name: str) -> None:
    headers = {"Content_Type": "application/json", name: "DELETE"}
    status, _, _ = target.call("POST", f"/api/v1/prediction/{target.echo}", '{"question":"x"}', **headers)

    assert status == 200 and target.call("POST", "/api/v1/ping?_method=GET", **{name: "GET"})[0] == 405


@pytest.mark.parametrize("path", ["/api/v1/prediction/{flow}", "/api/v1/ping", "/nowhere"])
def test_no_route_is_a_websocket(target: Target, path: str) -> None:
    answer = target.raw(
        f"GET {path.format(flow=target.echo)} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode(),
        until_closed=False,
    )

    assert re.match(rb"HTTP/1\.1 (400|403|404|426) ", answer), answer[:200]
    assert target.is_alive()


@pytest.mark.parametrize("value", ["a%0d%0aSet-Cookie:%20x=y", "a%00b", "%c3%28", "%ff", "%zz", "..%2f..%2fetc%2fpasswd"])
def test_nothing_of_an_address_gets_into_the_headers(target: Target, value: str) -> None:
    for path in (f"/api/v1/get-upload-file?chatflowId={target.echo}&chatId=c&fileName={value}", f"/api/v1/node-icon/{value}", f"/{value}"):
        status, headers, body = target.call("GET", path)
        assert status in (200, 400, 404, 500) and "set-cookie" not in headers and b"Traceback" not in body and b"root:" not in body
    assert target.is_alive()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/apikey",
        "/api/v1//apikey",
        "//api/v1/apikey",
        "/API/V1/apikey",
        "/api/v1/%61pikey",
        "/api%2fv1/apikey",
        "/api/v1/ip/../apikey",
        "/api/v1/prediction/../apikey",
        "/api/v1/prediction/%2e%2e/apikey",
        "/api/v1/apikey/",
        "/api/v1/apikey;x=/api/v1/ping",
        "/api/v1/apikey?x=/api/v1/ping",
        "/x/api/v1/apikey",
    ],
)
def test_no_spelling_of_a_path_goes_around_the_gate(target: Target, path: str) -> None:
    answer = target.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

    assert re.match(rb"HTTP/1\.1 (401|404|308|400) ", answer), answer[:200]
    assert b"apiSecret" not in answer


# ---- logins


def logged_in(target: Target, **headers: str) -> tuple[list[str], dict[str, str]]:
    """The `Set-Cookie` lines of a login, and the cookies."""
    connection = http.client.HTTPConnection("127.0.0.1", target.program.port, timeout=SECONDS)
    given = {"Content-Type": "application/json", **headers}
    connection.request("POST", "/api/v1/auth/login", json.dumps({"email": EMAIL, "password": PASSWORD}), given)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()
    lines = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    connection.close()
    return lines, {line.partition("=")[0]: line.partition("=")[2].partition(";")[0] for line in lines}


def opens(target: Target, cookies: dict[str, str]) -> int:
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return target.call("GET", "/api/v1/user", Cookie=text, x_request_from="internal")[0]


def test_a_session_is_never_one_that_the_visitor_brought(target: Target) -> None:
    _, first = logged_in(target)

    _, second = logged_in(target, Cookie=f"connect.sid={first['connect.sid']}")
    _, third = logged_in(target, Cookie="connect.sid=s%3Achosen.AAAA")

    assert len({first["connect.sid"], second["connect.sid"], third["connect.sid"]}) == 3
    assert opens(target, {**second, "connect.sid": "s%3Achosen.AAAA"}) == 401


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(target: Target) -> None:
    lines, cookies = logged_in(target)

    assert set(cookies) == {"token", "refreshToken", "connect.sid"}
    for line in lines:
        assert "HttpOnly" in line and "SameSite=Lax" in line and "Path=/" in line and "Domain" not in line


def forged(token: str, key: str, algorithm: str, **changes: Any) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode({**claims, **changes}, key, algorithm=algorithm)


def test_a_forged_token_opens_nothing(target: Target) -> None:
    _, cookies = logged_in(target)
    token, now = cookies["token"], int(time.time())
    head_of, body, signature = token.split(".")
    wrong = [
        forged(token, "", "none"),
        forged(token, "", "none") + "x",
        forged(token, "guessed-secret-guessed-secret-guessed", "HS256"),
        forged(token, "guessed-secret-guessed-secret-guessed" * 2, "HS512"),
        forged(token, "guessed-secret-guessed-secret-guessed", "HS256", exp=now - 10),
        f"{head_of}.{body}.",
        f"{head_of}.{body}",
        f"{head_of}.{body}.{signature[::-1]}",
        f"{head_of}.{body[:-2]}xx.{signature}",
        cookies["refreshToken"],
        "",
        "x" * 5000,
        "a.b.c",
    ]

    assert opens(target, cookies) == 200
    assert [opens(target, {**cookies, "token": item}) for item in wrong] == [401] * len(wrong)


def test_a_token_without_its_session_and_a_session_without_its_token_open_nothing(target: Target) -> None:
    _, cookies = logged_in(target)

    assert opens(target, {"token": cookies["token"]}) == 401 and opens(target, {"connect.sid": cookies["connect.sid"]}) == 401
    assert target.call("GET", "/api/v1/user", Authorization=f"Bearer {cookies['token']}")[0] == 401


def test_a_refresh_token_ends_with_its_session(target: Target) -> None:
    _, cookies = logged_in(target)
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())

    def refresh(cookie: str) -> int:
        return target.call("POST", "/api/v1/auth/refreshToken", Cookie=cookie)[0]

    before = refresh(text), refresh(f"refreshToken={cookies['token']}; connect.sid={cookies['connect.sid']}")
    out = target.call("POST", "/api/v1/account/logout", Cookie=text)[0]

    assert before == (200, 401) and out == 200
    assert refresh(text) == 401 and opens(target, cookies) == 401


@pytest.mark.parametrize("header", ["Bearer ", "Bearer x", "Bearer " + "x" * 8000, "Basic YTpi", "Bearer \xff\xfe", "Bearer ' OR 1=1 --"])
def test_a_key_that_is_none_opens_nothing(target: Target, header: str) -> None:
    answer = target.raw(f"GET /api/v1/apikey HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {header}\r\n\r\n".encode("latin-1"))

    assert answer.startswith(b"HTTP/1.1 401 ") and b'{"error":"Unauthorized Access"}' in answer


def test_guesses_of_a_password_come_to_an_end(target: Target) -> None:
    body = json.dumps({"email": "nobody@example.com", "password": "Wrong-horse-1"})

    statuses = [target.call("POST", "/api/v1/auth/login", body, Content_Type="application/json")[0] for _ in range(40)]

    assert statuses[0] == 404 and statuses[-1] == 429
