"""The process's HTTP client against a real server: what it sends, what it refuses, where it stops."""

from __future__ import annotations

import asyncio
import socket

import pytest
from scripted_server import Answer, ScriptedServer

from flowisectl.clients.deny_list import DENIED
from flowisectl.clients.http import MAX_REDIRECTS, open_http
from flowisectl.clients.http_hop import HttpUnusable
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, Reach


class FixedNames:
    """Names with the addresses that a test gives them, one list for each time that they are asked for."""

    def __init__(self, **names: list[str]) -> None:
        self.names = {name.replace("_", "."): list(addresses) for name, addresses in names.items()}
        self.asked: list[str] = []

    async def addresses(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        addresses = self.names[host]
        address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        return address.split(",")


def get(url: str, **fields: object) -> HttpCall:
    return HttpCall(**{"method": "GET", "url": url, "reach": Reach.ENDPOINT, **fields})  # type: ignore[arg-type]


async def test_a_request_gives_status_headers_and_body(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(status=418, body=b"short and stout", headers={"X-Kind": "Teapot"}))

    answer = await http.request(get(server.url + "/pot?a=1", method="POST", body=b"{}", headers={"x-key": "7"}))

    assert (answer.status, answer.text, answer.headers["x-kind"]) == (418, "short and stout", "Teapot")
    seen = server.seen[0]
    assert (seen.method, seen.path, seen.body, seen.headers["x-key"]) == ("POST", "/pot?a=1", b"{}", "7")
    assert "content-type" not in seen.headers


async def test_a_form_is_sent_as_multipart(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer())

    await http.request(get(server.url, method="POST", form={"name": "é", "file": ("a.txt", b"\x00\x01", "text/plain")}))

    seen = server.seen[0]
    assert seen.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="a.txt"' in seen.body
    assert b"\x00\x01" in seen.body and "é".encode() in seen.body


async def test_only_the_files_of_a_form_have_a_media_type(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer())

    await http.request(get(server.url, method="POST", form={"name": "x", "file": ("a.txt", b"y", "text/csv")}))

    head = server.seen[0].body.partition(b"x\r\n")[0].lower()
    assert b"content-type" not in head
    assert b"content-type: text/csv" in server.seen[0].body.lower()


async def test_a_field_of_a_form_may_have_several_values(http: HttpClient, server: ScriptedServer) -> None:
    server.json({})

    await http.request(get(server.url, method="POST", form={"tag": ["one", ("b.txt", b"two", "text/plain")], "name": "x"}))

    body = server.seen[0].body.decode()
    assert body.count('name="tag"') == 2
    assert "one" in body
    assert "two" in body


async def test_a_stream_gives_pieces_as_they_come(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(pieces=[b"one ", b"two ", b"three"]))

    async with http.stream(get(server.url)) as answer:
        whole = b"".join([piece async for piece in answer])

    assert whole == b"one two three"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "localhost", "good.example@127.0.0.1", "localhost."],
)
async def test_addresses_chosen_by_others_never_reach_loopback(http: HttpClient, server: ScriptedServer, host: str) -> None:
    server.script(Answer(body=b"secret"))

    with pytest.raises(HttpDenied, match=DENIED):
        await http.request(get(f"http://{host}:{server.port}/", reach=Reach.PUBLIC))

    assert server.seen == []


async def test_odd_spellings_of_an_endpoint_work(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(body=b"ok"))

    answer = await http.request(get(f"http://2130706433:{server.port}/"))

    assert answer.body == b"ok"


@pytest.mark.parametrize("addresses", ["127.0.0.1", "10.0.0.1", "93.184.215.14,127.0.0.1", "169.254.169.254"])
async def test_a_name_that_resolves_to_a_denied_address_is_refused(server: ScriptedServer, addresses: str) -> None:
    server.script(Answer(body=b"secret"))
    names = FixedNames(inner_example=[addresses])

    async with open_http(names=names) as client:
        with pytest.raises(HttpDenied, match=DENIED):
            await client.request(get(f"http://inner.example:{server.port}/", reach=Reach.PUBLIC))

    assert names.asked == ["inner.example"] and server.seen == []


async def test_the_checked_address_is_the_one_that_is_connected_to(server: ScriptedServer) -> None:
    """A name that answers differently the second time (DNS rebinding) is asked once for a connection."""
    server.script(Answer(body=b"ok"))
    names = FixedNames(shop_example=["127.0.0.1", "10.6.6.6"])

    async with open_http(security_check=False, deny_list=["10.0.0.0/8"], names=names) as client:
        first = await client.request(get(f"http://shop.example:{server.port}/", reach=Reach.PUBLIC))
        second = await client.request(get(f"http://shop.example:{server.port}/", reach=Reach.PUBLIC))

    assert (first.body, second.body, names.asked) == (b"ok", b"ok", ["shop.example"])


async def test_a_pooled_connection_of_an_endpoint_serves_no_stranger(server: ScriptedServer) -> None:
    server.script(Answer(body=b"secret"))
    names = FixedNames(model_example=["127.0.0.1"])

    async with open_http(names=names) as client:
        await client.request(get(f"http://model.example:{server.port}/"))
        with pytest.raises(HttpDenied):
            await client.request(get(f"http://model.example:{server.port}/", reach=Reach.PUBLIC))

    assert len(server.seen) == 1


async def test_a_redirect_to_a_denied_address_is_refused(server: ScriptedServer) -> None:
    server.script(Answer(status=302, headers={"Location": f"http://inner.example:{server.port}/secret"}), Answer(body=b"secret"))
    names = FixedNames(outer_example=["127.0.0.1"], inner_example=["127.0.0.2"])

    async with open_http(security_check=False, deny_list=["127.0.0.2"], names=names) as client:
        with pytest.raises(HttpDenied, match=DENIED):
            await client.request(get(f"http://outer.example:{server.port}/", reach=Reach.PUBLIC))

    assert [seen.path for seen in server.seen] == ["/"] and names.asked == ["outer.example", "inner.example"]


async def test_an_endpoint_that_redirects_to_another_host_is_followed_only_in_public(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(status=307, headers={"Location": f"http://localhost:{server.port}/elsewhere"}))

    with pytest.raises(HttpDenied):
        await http.request(get(server.url))

    assert [seen.path for seen in server.seen] == ["/"]


async def test_another_host_is_not_told_the_keys(server: ScriptedServer) -> None:
    server.script(Answer(status=307, headers={"Location": f"http://other.example:{server.port}/elsewhere"}), Answer())
    names = FixedNames(one_example=["127.0.0.1"], other_example=["127.0.0.1"])
    secret = ("authorization", "token", "x-figma-token", "x-subscription-token", "Unstructured-API-Key", "cookie")
    headers = {**dict.fromkeys(secret, "secret-value"), "x-page": "7"}

    async with open_http(security_check=False, names=names) as client:
        await client.request(get(f"http://one.example:{server.port}/", headers=headers))

    first, second = server.seen
    assert first.headers["x-figma-token"] == "secret-value"
    assert second.headers["x-page"] == "7" and "secret-value" not in second.headers.values()


async def test_a_redirect_on_the_same_host_is_followed(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(status=303, headers={"Location": "/there?b=2"}), Answer(body=b"arrived"))

    answer = await http.request(get(server.url + "/here", method="POST", body=b"x", headers={"content-type": "text/plain", "x-a": "1"}))

    assert answer.body == b"arrived"
    assert [(seen.method, seen.path, seen.body) for seen in server.seen] == [("POST", "/here", b"x"), ("GET", "/there?b=2", b"")]
    assert "content-type" not in server.seen[1].headers and server.seen[1].headers["x-a"] == "1"


async def test_keys_are_not_told_to_another_host(server: ScriptedServer) -> None:
    location = f"http://b.example:{server.port}/"
    server.script(Answer(status=307, headers={"Location": location}), Answer(body=b"ok"))
    names = FixedNames(a_example=["127.0.0.1"], b_example=["127.0.0.1"])
    headers = {"Authorization": "Bearer k", "X-Api-Key": "k", "Cookie": "c", "x-other": "1"}

    async with open_http(security_check=False, names=names) as client:
        await client.request(get(f"http://a.example:{server.port}/", method="POST", body=b"kept", headers=headers))

    second = server.seen[1].headers
    assert not {"authorization", "x-api-key", "cookie"} & second.keys()
    assert second["x-other"] == "1" and server.seen[1].body == b"kept"


async def test_redirects_end(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(status=302, headers={"Location": "/again"}))

    with pytest.raises(HttpUnusable, match="redirects more than"):
        await http.request(get(server.url))

    assert len(server.seen) == MAX_REDIRECTS + 1


async def test_redirects_are_given_back_when_they_shall_not_be_followed(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(status=302, headers={"Location": "/again"}))

    answer = await http.request(get(server.url, follow_redirects=False))

    assert (answer.status, answer.headers["location"]) == (302, "/again")


async def test_an_answer_that_is_too_large_is_refused(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(body=b"x" * 100_000))

    with pytest.raises(HttpUnusable, match="larger than 1000 bytes"):
        await http.request(get(server.url, max_bytes=1000))


async def test_a_silent_server_ends_in_a_time_out(http: HttpClient, server: ScriptedServer) -> None:
    gate = asyncio.Event()
    server.script(Answer(gate=gate))

    with pytest.raises(HttpFailed, match=r"within 0\.05 s"):
        await http.request(get(server.url, timeout_seconds=0.05))
    with pytest.raises(HttpFailed, match=r"no answer from .* for 0\.05 s"):
        async with http.stream(get(server.url, timeout_seconds=0.05)):
            pass
    gate.set()


async def test_a_broken_answer_is_told(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(pieces=[b"half"], is_cut=True))

    with pytest.raises(HttpFailed, match="was cut"):
        await http.request(get(server.url))


async def test_an_error_names_the_place_and_no_path(http: HttpClient) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        port = taken.getsockname()[1]

        with pytest.raises(HttpFailed) as caught:
            await http.request(get(f"http://127.0.0.1:{port}/v1?key=secret"))

    assert f"http://127.0.0.1:{port}" in str(caught.value)
    assert "secret" not in str(caught.value) and "/v1" not in str(caught.value)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com/", "http://", "http:///x", "gopher://x", "http://a:99999/", "x"])
async def test_only_web_addresses_are_called(http: HttpClient, url: str) -> None:
    with pytest.raises((HttpFailed, HttpDenied)):
        await http.request(get(url))


async def test_a_header_that_would_split_the_request_is_refused(http: HttpClient, server: ScriptedServer) -> None:
    with pytest.raises(HttpFailed):
        await http.request(get(server.url, headers={"x-a": "1\r\nx-b: 2"}))

    assert server.seen == []


async def test_many_calls_run_at_once(http: HttpClient, server: ScriptedServer) -> None:
    """More than the hundred connections that aiohttp would allow by itself."""
    gate = asyncio.Event()
    server.script(Answer(body=b"ok", gate=gate))

    calls = [asyncio.create_task(http.request(get(server.url))) for _ in range(150)]
    await server.wait_seen(150)
    gate.set()
    answers = await asyncio.gather(*calls)

    assert {answer.body for answer in answers} == {b"ok"}


async def test_a_reader_that_leaves_early_closes_the_connection(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(pieces=[b"x" * 65536] * 2000))

    async with http.stream(get(server.url)) as answer:
        async for _ in answer:
            break

    async with asyncio.timeout(30):
        await server.hung_up.wait()


async def test_a_cancelled_call_ends_at_once(http: HttpClient, server: ScriptedServer) -> None:
    gate = asyncio.Event()
    server.script(Answer(gate=gate))
    call = asyncio.create_task(http.request(get(server.url)))
    await server.wait_seen()

    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call
    gate.set()
