"""Addresses that lead inside: what user code asks for, and what a redirect names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from acceptance_program import Program, function_flow
from attack_target import FETCH, Target


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
