"""Memory and caches in a real Redis."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis

from flowisectl.clients.redis_cache import RedisEmbeddings
from flowisectl.clients.redis_service import redis_of
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.caches.in_memory_embedding_cache import InMemoryEmbeddingCache
from flowisectl.nodes.caches.redis_cache import RedisCache
from flowisectl.nodes.caches.redis_embeddings_cache import RedisEmbeddingsCache
from flowisectl.nodes.memory.redis_backed_chat_memory import RedisBackedChatMemory
from flowisectl.supervisor.embedded import EmbeddedRedis
from flowisectl.testing import run_context


class Counted:
    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked.append([*texts])
        return [[float(len(text)), 0.5] for text in texts]


async def build(node: Node, valkey: EmbeddedRedis, session: str = "", **inputs: Any) -> Any:
    context = run_context(session_id=session or uuid.uuid4().hex)
    return await node.build(NodeInputs(inputs, node_id="r_0", label="Redis", credential={"redisUrl": valkey.url}), context)


def texts(messages: Sequence[ChatMessage]) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in messages]


class TestMemory:
    async def test_the_session_is_remembered_oldest_first(self, valkey: EmbeddedRedis) -> None:
        memory = await build(RedisBackedChatMemory(), valkey, "s-" + uuid.uuid4().hex)
        await memory.add("one", "1")
        await memory.add("two", "2")

        assert texts(await memory.messages([ChatMessage(role="user", content="zero")])) == [
            ("user", "zero"), ("user", "one"), ("assistant", "1"), ("user", "two"), ("assistant", "2"),
        ]  # fmt: skip
        await memory.clear()
        assert await memory.messages() == []

    async def test_rows_are_those_of_flowise(self, valkey: EmbeddedRedis, redis: Redis) -> None:
        session = uuid.uuid4().hex
        memory = await build(RedisBackedChatMemory(), valkey, session, sessionTTL="100")

        await memory.add("one", "1")

        rows = [orjson.loads(row) for row in await redis.lrange(session, 0, -1)]  # type: ignore[misc]
        assert [(row["type"], row["data"]["content"]) for row in rows] == [("ai", "1"), ("human", "one")]
        assert 0 < await redis.ttl(session) <= 100

    async def test_a_window_counts_messages_and_broken_rows_are_left_out(self, valkey: EmbeddedRedis, redis: Redis) -> None:
        session = uuid.uuid4().hex
        memory = await build(RedisBackedChatMemory(), valkey, session, windowSize="3")
        await memory.add("one", "1")
        await memory.add("two", "2")
        await redis.lpush(session, b"{")  # type: ignore[misc]

        assert texts(await memory.messages()) == [("user", "two"), ("assistant", "2")]

    async def test_the_session_that_the_client_named_wins_over_the_nodes_own(self, valkey: EmbeddedRedis, redis: Redis) -> None:
        named, own = uuid.uuid4().hex, uuid.uuid4().hex
        memory = await build(RedisBackedChatMemory(), valkey, named, sessionId=own)

        await memory.add("one", "1")

        assert await redis.exists(named) == 1
        assert await redis.exists(own) == 0


class TestCaches:
    async def test_an_answer_is_kept_for_a_while(self, valkey: EmbeddedRedis, redis: Redis) -> None:
        cache = await build(RedisCache(), valkey, ttl="60000")
        key = uuid.uuid4().hex

        assert await cache.get(key) is None
        await cache.put(key, "grüß dich")

        assert await cache.get(key) == "grüß dich"
        assert 0 < await redis.pttl(key) <= 60_000

    @pytest.mark.parametrize("node", [RedisEmbeddingsCache(), InMemoryEmbeddingCache()], ids=["redis", "memory"])
    async def test_a_text_is_embedded_once(self, valkey: EmbeddedRedis, node: Node) -> None:
        model, space = Counted(), uuid.uuid4().hex
        cached = await build(node, valkey, embeddings=model, namespace=space)

        first = await cached.embed(["a", "bb"])
        second = await (await build(node, valkey, embeddings=model, namespace=space)).embed(["bb", "ccc"])
        other = await (await build(node, valkey, embeddings=model, namespace=space + "x")).embed(["a"])
        question = await cached.embed_query("a")

        assert (first, second, other, question) == ([[1.0, 0.5], [2.0, 0.5]], [[2.0, 0.5], [3.0, 0.5]], [[1.0, 0.5]], [1.0, 0.5])
        assert model.asked == [["a", "bb"], ["ccc"], ["a"], ["a"]]
        assert await cached.embed([]) == []


class TestServerThatIsNotThere:
    SERVICE = {"redisCacheHost": "127.0.0.1", "redisCachePort": "9", "redisCachePwd": "rd-secret", "redisCacheUser": "u"}  # noqa: RUF012

    async def test_a_memory_tells_it_without_the_password(self) -> None:
        memory = await RedisBackedChatMemory().build(NodeInputs({}, credential=self.SERVICE), run_context())

        with pytest.raises(ProviderError, match=r"Redis at 127\.0\.0\.1:9") as caught:
            await memory.messages()
        assert "rd-secret" not in str(caught.value)

    async def test_a_cache_is_empty(self) -> None:
        service = redis_of(self.SERVICE, who="x")
        cache = await RedisCache().build(NodeInputs({}, credential=self.SERVICE), run_context())

        await cache.put("k", "v")
        assert await cache.get("k") is None
        assert await RedisEmbeddings(service, Counted(), namespace="").embed(["a"]) == [[1.0, 0.5]]

    @pytest.mark.parametrize("credential", [{"redisUrl": "http://x"}, {"redisCachePort": "x"}])
    def test_what_cannot_be_read_is_told(self, credential: dict[str, str]) -> None:
        with pytest.raises(MissingInput, match="node n"):
            redis_of(credential, who="node n")
