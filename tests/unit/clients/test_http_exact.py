"""Addresses that are sent as they are written, because a signature was made over them."""

from __future__ import annotations

import pytest
from scripted_server import ScriptedServer

from flowisectl.clients.http_hop import HttpUnusable, exact_url
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, Reach


@pytest.mark.parametrize("path", ["/a%3Ab%2Fc/d", "/a/../b/./c", "/%7Etilde//twice", "/?x=%2F%2B&a=1&empty=", "/"])
async def test_the_path_and_the_query_are_sent_unchanged(http: HttpClient, server: ScriptedServer, path: str) -> None:
    server.json({})

    await http.request(HttpCall(method="GET", url=server.url + path, reach=Reach.ENDPOINT, is_exact=True))

    assert server.seen[0].path == path
    assert server.seen[0].headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("url", ["http://h/a b", "http://h/é", "http://h/?q=\x7f", "http://h/a\r\nx: y", "ftp://h/a", "http:///a"])
def test_what_cannot_be_sent_so_is_refused(url: str) -> None:
    with pytest.raises(HttpUnusable):
        exact_url(url)


def test_neither_a_fragment_nor_a_password_is_part_of_it() -> None:
    url = exact_url("https://me:secret@h.example/a%3Ab?q=1#fragment")

    assert str(url) == "https://h.example/a%3Ab?q=1"


async def test_the_deny_list_holds_for_it(http: HttpClient) -> None:
    with pytest.raises(HttpDenied):
        await http.request(HttpCall(method="GET", url="http://169.254.169.254/latest/meta-data", reach=Reach.ENDPOINT, is_exact=True))
    with pytest.raises(HttpDenied):
        await http.request(HttpCall(method="GET", url="http://127.0.0.1:1/%3A", is_exact=True))
