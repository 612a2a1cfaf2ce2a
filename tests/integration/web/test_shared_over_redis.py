"""What several main processes share over Redis: rate limits and sessions."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.errors import RedisUnavailable
from flowisectl.web.access.rate_limit import RateLimit, RedisCounters, is_over, retry_after
from flowisectl.web.access.sessions import LIFETIME_SECONDS, RedisSessions

LIMIT = RateLimit(requests=2, seconds=60, message="slow down")
USER = {"id": "u1", "name": "Größe", "permissions": ["a:b"]}


@pytest.fixture
def nowhere() -> Redis:
    """A client of a server that is not there."""
    return Redis(host="127.0.0.1", port=1, socket_connect_timeout=1)


async def test_two_processes_count_together(redis: Redis, queue_settings: QueueSettings) -> None:
    one, two = RedisCounters(redis, prefix=queue_settings.name), RedisCounters(redis, prefix=queue_settings.name)

    counts = [await counters.count("flow", "1.2.3.4", LIMIT.seconds) for counters in (one, two, one)]
    other = await two.count("flow", "1.2.3.5", LIMIT.seconds)

    assert [is_over(LIMIT, count) for count in counts] == [False, False, True]
    assert retry_after(counts[2]) == "60"
    assert other.requests == 1
    assert one.headers(LIMIT, counts[1]) == {
        "RateLimit-Policy": "2;w=60",
        "RateLimit-Limit": "2",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "60",
    }


async def test_a_window_ends_and_a_counter_without_an_end_gets_one(redis: Redis, queue_settings: QueueSettings) -> None:
    counters, key = RedisCounters(redis, prefix=queue_settings.name), f"{queue_settings.name}:rl:flow:1"
    await redis.set(key, 5)

    count = await counters.count("flow", "1", 60)
    await redis.pexpire(key, 0)
    fresh = await counters.count("flow", "1", 60)

    assert (count.requests, fresh.requests) == (6, 1)
    assert 0 < await redis.pttl(key) <= 60_000


async def test_counting_without_redis_says_so(nowhere: Redis) -> None:
    with pytest.raises(RedisUnavailable, match="Redis"):
        await RedisCounters(nowhere, prefix="x").count("flow", "1", 60)


async def test_a_session_of_one_process_is_known_to_the_other(redis: Redis, queue_settings: QueueSettings) -> None:
    one, two = RedisSessions(redis, prefix=queue_settings.name), RedisSessions(redis, prefix=queue_settings.name)

    session_id = await one.open(USER)
    known = await two.user(session_id)
    await two.close(session_id)

    assert known == USER
    assert await one.user(session_id) is None
    assert await one.user("never-opened") is None


async def test_a_session_is_kept_in_the_known_form_under_the_queues_name(redis: Redis, queue_settings: QueueSettings) -> None:
    import orjson

    sessions = RedisSessions(redis, prefix=queue_settings.name)

    session_id = await sessions.open(USER)

    key = f"{queue_settings.name}:sess:{session_id}"
    stored = orjson.loads(await redis.get(key))
    keys = [name.decode() async for name in redis.scan_iter(match="*sess*")]
    assert stored["passport"] == {"user": USER}
    assert stored["cookie"]["httpOnly"] is True
    assert LIFETIME_SECONDS - 5 < await redis.ttl(key) <= LIFETIME_SECONDS
    assert all(name.startswith("test-") for name in keys)


async def test_using_a_session_prolongs_it(redis: Redis, queue_settings: QueueSettings) -> None:
    sessions = RedisSessions(redis, prefix=queue_settings.name)
    session_id = await sessions.open(USER)
    await redis.expire(f"{queue_settings.name}:sess:{session_id}", 100)

    await sessions.user(session_id)

    assert await redis.ttl(f"{queue_settings.name}:sess:{session_id}") > LIFETIME_SECONDS - 5


async def test_every_session_of_a_user_can_be_ended(redis: Redis, queue_settings: QueueSettings) -> None:
    sessions = RedisSessions(redis, prefix=queue_settings.name)
    mine = [await sessions.open(USER) for _ in range(3)]
    other = await sessions.open({"id": "u2"})

    count = await sessions.close_all_of("u1")

    assert count == 3
    assert [await sessions.user(session_id) for session_id in mine] == [None, None, None]
    assert await sessions.user(other) == {"id": "u2"}
    assert await sessions.close_all_of("u1") == 0


async def test_sessions_without_redis_say_so(nowhere: Redis) -> None:
    sessions = RedisSessions(nowhere, prefix="x")

    with pytest.raises(RedisUnavailable):
        await sessions.open(USER)
    with pytest.raises(RedisUnavailable):
        await sessions.user("x")
