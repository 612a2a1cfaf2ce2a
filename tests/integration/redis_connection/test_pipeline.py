from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import DataError, ResponseError

from config.settings import RedisSettings
from flowisectl.errors import RedisUnavailable
from flowisectl.redis_connection import Pipeline, Script, open_redis
from flowisectl.supervisor.embedded import binary_path, open_embedded_redis


async def client_id(pipeline: Pipeline) -> int:
    return int(await pipeline.execute("CLIENT", "ID"))


async def test_commands_of_many_coroutines_reach_the_server_in_order(pipeline: Pipeline, queue_settings) -> None:
    key = f"{queue_settings.name}:list"

    lengths = await asyncio.gather(*(pipeline.execute("RPUSH", key, str(number)) for number in range(3000)))

    assert lengths == list(range(1, 3001))
    assert await pipeline.execute("LRANGE", key, 0, -1) == [str(number).encode() for number in range(3000)]


async def test_one_connection_serves_all(redis: Redis, pipeline: Pipeline) -> None:
    ids = await asyncio.gather(*(client_id(pipeline) for _ in range(50)))

    assert len(set(ids)) == 1


async def test_a_wrong_command_fails_alone(pipeline: Pipeline, queue_settings) -> None:
    key = f"{queue_settings.name}:text"
    good, bad, also_good = await asyncio.gather(
        pipeline.execute("SET", key, "x"), pipeline.execute("LPUSH", key, "y"), pipeline.execute("GET", key), return_exceptions=True
    )

    assert good == b"OK"
    assert isinstance(bad, ResponseError)
    assert also_good == b"x"


async def test_what_cannot_be_written_fails_alone(pipeline: Pipeline, queue_settings) -> None:
    key = f"{queue_settings.name}:text"

    good, half, nothing, also_good = await asyncio.gather(
        pipeline.execute("SET", key, "x"),
        pipeline.execute("SET", key, "half \ud83d"),
        pipeline.execute("SET", key, None),  # type: ignore[arg-type]
        pipeline.execute("GET", key),
        return_exceptions=True,
    )

    assert (good, also_good) == (b"OK", b"x")
    assert isinstance(half, UnicodeEncodeError)
    assert isinstance(nothing, DataError)


async def test_killed_connection_is_replaced_and_the_command_sent_again(redis: Redis, pipeline: Pipeline) -> None:
    first = await client_id(pipeline)
    await redis.client_kill_filter(_id=str(first))

    second = await client_id(pipeline)

    assert second != first


async def test_what_must_not_be_done_twice_is_not_sent_again(redis: Redis, pipeline: Pipeline) -> None:
    await redis.client_kill_filter(_id=str(await client_id(pipeline)))

    with pytest.raises(RedisUnavailable):
        await pipeline.once("PING")
    assert await pipeline.once("PING") == b"PONG"


async def test_repeatable_commands_of_a_broken_batch_still_succeed(redis: Redis, pipeline: Pipeline) -> None:
    await redis.client_kill_filter(_id=str(await client_id(pipeline)))

    once, again = await asyncio.gather(pipeline.once("PING"), pipeline.execute("PING"), return_exceptions=True)

    assert isinstance(once, RedisUnavailable)
    assert again == b"PONG"


async def test_closed_pipeline_says_so(redis: Redis) -> None:
    pipeline = Pipeline(redis)
    await pipeline.aclose()

    with pytest.raises(RedisUnavailable, match="stopping"):
        await pipeline.execute("PING")


async def test_script_is_found_again_after_the_server_forgot_it(redis: Redis, pipeline: Pipeline) -> None:
    script = Script("#!lua\nreturn ARGV[1] .. '!'")
    assert await script.run(pipeline, "a") == b"a!"
    await redis.script_flush()

    assert await script.run(pipeline, "b") == b"b!"


async def test_frozen_server_fails_in_time(tmp_path: Path) -> None:
    async with (
        open_embedded_redis(tmp_path) as server,
        open_redis(RedisSettings(url=server.url), name="test") as redis,
    ):
        pipeline = Pipeline(redis, timeout_seconds=0.2)
        await pipeline.execute("PING")
        await redis.execute_command("CLIENT", "PAUSE", "1500", "ALL")

        with pytest.raises(RedisUnavailable, match="did not answer in time"):
            await pipeline.execute("PING")
        await pipeline.aclose()


async def test_absent_server_is_named_without_the_password() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with pytest.raises(RedisUnavailable) as caught:
        async with open_redis(RedisSettings(url=f"redis://me:secret@127.0.0.1:{port}"), name="test"):
            pass

    assert f"127.0.0.1:{port} cannot be reached" in str(caught.value)
    assert "REDIS_URL" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_wrong_password_is_named(tmp_path: Path) -> None:
    async with open_embedded_redis(tmp_path, port=0) as server:
        async with open_redis(RedisSettings(url=server.url), name="test") as redis:
            await redis.config_set("requirepass", "right")

        with pytest.raises(RedisUnavailable, match="REDIS_PASSWORD"):
            async with open_redis(RedisSettings(url=server.url), name="test"):
                pass


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


async def test_cluster_is_refused(tmp_path: Path) -> None:
    port, bus_port = free_ports(2)
    where = ["--bind", "127.0.0.1", "--port", str(port), "--cluster-port", str(bus_port), "--dir", str(tmp_path)]
    process = await asyncio.create_subprocess_exec(str(binary_path()), *where, "--cluster-enabled", "yes", stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            while b"Ready to accept connections" not in (line := await process.stdout.readline()):
                assert line, "the server ended"

        with pytest.raises(RedisUnavailable, match="is a cluster"):
            async with open_redis(RedisSettings(url=f"redis://127.0.0.1:{port}"), name="test"):
                pass
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
