from __future__ import annotations

from dataclasses import replace

from flowisectl.queue.overview import look
from flowisectl.queue.reading import server_ms
from flowisectl.queue.roster import KEPT_MS, STALE_SECONDS, Presence, RoleSays, read_roster

MAIN = RoleSays(role="main", version="1", started_ms=1, state="ready", key_fingerprint="k", last_error="oh")


async def test_roles_are_seen_with_what_they_say(redis, queue_settings) -> None:
    main = Presence(redis, queue_settings.name, lambda: MAIN)
    worker = Presence(redis, queue_settings.name, lambda: replace(MAIN, role="worker", state="draining"))

    await worker.beat()
    await main.beat()
    seen = (await look(redis, queue_settings)).roles

    assert [(role.role, role.state, role.is_stale, role.last_error) for role in seen] == [
        ("main", "ready", False, "oh"),
        ("worker", "draining", False, "oh"),
    ]
    assert seen[0].name == main.id.rpartition(":")[0]


async def test_a_role_that_leaves_is_gone(redis, queue_settings) -> None:
    presence = Presence(redis, queue_settings.name, lambda: MAIN)
    await presence.beat()

    await presence.leave()

    assert await read_roster(redis, queue_settings.name, await server_ms(redis)) == ()


async def test_a_silent_role_is_stale_then_forgotten(redis, queue_settings) -> None:
    silent, other = (Presence(redis, queue_settings.name, lambda: MAIN) for _ in range(2))
    await silent.beat()
    now_ms = await server_ms(redis)

    [stale] = await read_roster(redis, queue_settings.name, now_ms + int(STALE_SECONDS * 1000) + 1000)
    await redis.zadd(f"{queue_settings.name}:roles", {silent.id: now_ms - KEPT_MS - 1})
    await other.beat()

    assert stale.is_stale and not stale.is_ready
    assert [role.id for role in await read_roster(redis, queue_settings.name, now_ms)] == [other.id]


async def test_what_another_version_says_besides_does_not_matter(redis, queue_settings) -> None:
    presence = Presence(redis, queue_settings.name, lambda: MAIN)
    await presence.beat()
    await redis.set(f"{queue_settings.name}:role:{presence.id}", b'{"role":"main","version":"9","started_ms":1,"state":"ready","new":1}')

    [seen] = await read_roster(redis, queue_settings.name, await server_ms(redis))

    assert seen.version == "9"


async def test_an_overview_tells_what_the_server_does_with_full_memory(redis, queue_settings) -> None:
    overview = await look(redis, queue_settings)

    assert overview.redis.eviction_policy == "noeviction"
    assert overview.redis.has_append_only_file
    assert overview.redis.saves is False
    assert [queue.queue for queue in overview.queues] == ["prediction", "upsert"]
