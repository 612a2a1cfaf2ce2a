"""A primary with a replica and a sentinel, each a real server: when the primary dies, service goes on at the other."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from config.settings import RedisSettings
from flowisectl.errors import RedisUnavailable
from flowisectl.redis_connection import Pipeline, open_redis
from flowisectl.redis_connection.blocking import blocking_twin
from flowisectl.redis_connection.sentinel import sentinel_options
from flowisectl.supervisor.embedded import binary_path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Trio:
    """A primary, its replica and their sentinel."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.primary_port, self.replica_port, self.sentinel_port = free_port(), free_port(), free_port()
        self.processes: list[subprocess.Popen[bytes]] = []

    @property
    def settings(self) -> RedisSettings:
        return RedisSettings(url=f"redis+sentinel://127.0.0.1:1,127.0.0.1:{self.sentinel_port}/flows")

    def start(self) -> None:
        shared = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"]
        self._start("--port", str(self.primary_port), *shared)
        self._start("--port", str(self.replica_port), *shared, "--replicaof", f"127.0.0.1 {self.primary_port}")
        file = self.folder / "sentinel.conf"
        file.write_text(
            f"port {self.sentinel_port}\nbind 127.0.0.1\nsentinel monitor flows 127.0.0.1 {self.primary_port} 1\n"
            "sentinel down-after-milliseconds flows 1000\nsentinel failover-timeout flows 5000\n"
        )
        self._start(str(file), "--sentinel")

    def _start(self, *arguments: str) -> None:
        command = [str(binary_path()), *arguments, *(["--dir", str(self.folder)] if "--sentinel" not in arguments else [])]
        self.processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=self.folder))

    async def until_replicated(self) -> None:
        async with Redis(host="127.0.0.1", port=self.sentinel_port) as sentinel, asyncio.timeout(30):
            while True:
                try:
                    replicas = await sentinel.execute_command("SENTINEL", "REPLICAS", "flows")
                    if replicas and "master-link-status" in str(replicas) and "ok" in str(replicas):
                        return
                except (OSError, ConnectionError, Exception):
                    pass
                await asyncio.sleep(0.05)


@pytest.fixture
def trio(tmp_path: Path) -> Iterator[Trio]:
    made = Trio(tmp_path)
    made.start()
    yield made
    for process in made.processes:
        process.kill()
        process.wait()


@pytest.mark.slow
async def test_commands_go_to_the_new_primary_after_a_failover(trio: Trio) -> None:
    await trio.until_replicated()
    async with open_redis(trio.settings, name="test") as redis:
        pipeline = Pipeline(redis)
        async with redis.client() as one:
            # WAIT speaks of the writes of its own connection only
            await one.set("before", "1")
            assert await one.execute_command("WAIT", 1, 20_000) >= 1

        trio.processes[0].send_signal(signal.SIGKILL)
        async with asyncio.timeout(30):
            while True:
                try:
                    await pipeline.execute("SET", "after", "2")
                    break
                except RedisUnavailable:
                    await asyncio.sleep(0.05)

        assert await pipeline.execute("GET", "before") == b"1"
        with blocking_twin(redis) as twin:
            assert twin.connection_pool.connection_kwargs["socket_timeout"] == 1.0
            assert twin.get("after") == b"2"
        await pipeline.aclose()


async def test_sentinels_that_know_nothing_are_named() -> None:
    settings = RedisSettings(url=f"redis+sentinel://me:secret@127.0.0.1:{free_port()}/flows")

    with pytest.raises(RedisUnavailable, match="no sentinel tells where flows is") as raised:
        async with open_redis(settings, name="test"):
            pass

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("rest", ["", "host", "host:x/flows", "host/flows/x", "/flows"])
def test_addresses_that_cannot_be_read_are_refused_without_their_password(rest: str) -> None:
    with pytest.raises(RedisUnavailable) as raised:
        sentinel_options(f"redis+sentinel://me:secret@{rest}")

    assert "secret" not in str(raised.value)


def test_address_is_read_in_all_its_parts() -> None:
    options = sentinel_options("rediss+sentinel://me:p%40ss@a:1,b/flows/3?sentinel_password=x")

    assert options["sentinels"].places == (("a", 1), ("b", 26379))
    assert (options["username"], options["password"], options["db"], options["sentinels"].service) == ("me", "p@ss", 3, "flows")
