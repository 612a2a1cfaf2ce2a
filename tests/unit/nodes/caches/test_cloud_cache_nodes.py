"""Caches of answers that are services on the web."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.clients.momento_cache import endpoint_url
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import MissingInput
from flowisectl.interfaces.cache import TextCache
from flowisectl.interfaces.http import HttpFailed, HttpResponse, Reach
from flowisectl.nodes.caches.momento_cache import MomentoCache
from flowisectl.nodes.caches.upstash_redis_cache import UpstashRedisCache
from flowisectl.testing import ScriptedHttp, run_context

UPSTASH = {"upstashConnectionUrl": "https://u.upstash.example/", "upstashConnectionToken": "token-0123"}
MOMENTO = {"momentoEndpoint": "cell-1.momento.example", "momentoApiKey": "key-0123", "momentoCache": "my cache"}


def answer(body: bytes = b"", status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, reason="", headers={}, body=body)


async def build(node: Node, http: ScriptedHttp, credential: dict[str, str]) -> TextCache:
    given = NodeInputs({}, node_id="cache_0", label="Cache", credential=credential)
    cache: Any = await node.build(given, run_context(http=http))
    found: TextCache = cache
    return found


class TestUpstash:
    async def test_answers_are_kept_and_found(self) -> None:
        http = ScriptedHttp(answer(b'{"result": "OK"}'), answer(b'{"result": "text"}'), answer(b'{"result": null}'))
        cache = await build(UpstashRedisCache(), http, UPSTASH)

        await cache.put("k", "text")

        assert [await cache.get("k"), await cache.get("other")] == ["text", None]
        assert [orjson.loads(call.body or b"") for call in http.calls] == [["SET", "k", "text"], ["GET", "k"], ["GET", "other"]]
        call = http.calls[0]
        assert (call.method, call.url, call.headers["authorization"]) == ("POST", "https://u.upstash.example/", "Bearer token-0123")
        assert call.reach is Reach.ENDPOINT

    @pytest.mark.parametrize("failure", [answer(b'{"error": "WRONGPASS"}', 401), answer(b"<html>"), HttpFailed("gone")])
    async def test_a_cache_that_fails_is_empty(self, failure: Any) -> None:
        cache = await build(UpstashRedisCache(), ScriptedHttp(failure, failure), UPSTASH)

        await cache.put("k", "text")

        assert await cache.get("k") is None


class TestMomento:
    async def test_answers_are_kept_for_a_day_and_found(self) -> None:
        http = ScriptedHttp(answer(status=204), answer("höher".encode()), answer(b'{"title": "Not found"}', 404))
        cache = await build(MomentoCache(), http, MOMENTO)

        await cache.put("k", "höher")

        assert [await cache.get("k"), await cache.get("other")] == ["höher", None]
        place = "https://api.cache.cell-1.momento.example/cache/my%20cache"
        assert [(call.method, call.url) for call in http.calls] == [
            ("PUT", f"{place}?key=k&ttl_seconds=86400"),
            ("GET", f"{place}?key=k"),
            ("GET", f"{place}?key=other"),
        ]
        assert (http.calls[0].body, http.calls[0].headers["authorization"]) == ("höher".encode(), "key-0123")

    @pytest.mark.parametrize("failure", [answer(b"{}", 401), HttpFailed("gone")])
    async def test_a_cache_that_fails_is_empty(self, failure: Any) -> None:
        cache = await build(MomentoCache(), ScriptedHttp(failure, failure), MOMENTO)

        await cache.put("k", "text")

        assert await cache.get("k") is None

    @pytest.mark.parametrize("given", ["https://api.cache.x.example/", "api.cache.x.example", "x.example"])
    def test_an_endpoint_may_be_given_in_full_or_in_short(self, given: str) -> None:
        assert endpoint_url(given) == "https://api.cache.x.example"


@pytest.mark.parametrize(("node", "field"), [(UpstashRedisCache(), "upstashConnectionUrl"), (MomentoCache(), "momentoEndpoint")])
async def test_without_a_credential_it_says_so(node: Node, field: str) -> None:
    with pytest.raises(MissingInput, match=f"choose a credential with '{field}'"):
        await build(node, ScriptedHttp(), {})
