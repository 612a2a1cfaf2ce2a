from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import RedisSettings
from flowisectl.errors import RedisUnavailable
from flowisectl.redis_connection import open_redis
from flowisectl.supervisor.embedded import EmbeddedRedis, open_embedded_redis, socket_path

PARENT = """
import asyncio, sys
from pathlib import Path
from flowisectl.supervisor.embedded import EmbeddedRedis

async def main():
    server = EmbeddedRedis(Path(sys.argv[1]))
    await server.start()
    print(server.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def value_of(server: EmbeddedRedis, key: str) -> bytes | None:
    async with open_redis(RedisSettings(url=server.url), name="test") as redis:
        return await redis.get(key)


async def put(server: EmbeddedRedis, key: str, value: str) -> None:
    async with open_redis(RedisSettings(url=server.url), name="test") as redis:
        await redis.set(key, value)
        # everysec: what a crash of the machine could lose; of the process alone, nothing
        await redis.execute_command("WAITAOF", 1, 0, 5000)


@pytest.mark.parametrize("port", [None, 0])
async def test_data_survives_a_kill(tmp_path: Path, port: int | None) -> None:
    server = EmbeddedRedis(tmp_path, port=port)
    await server.start()
    await put(server, "kept", "yes")
    server.kill()

    await server.start()

    assert await value_of(server, "kept") == b"yes"
    await server.stop()


async def test_data_survives_a_stop(tmp_path: Path) -> None:
    async with open_embedded_redis(tmp_path) as server:
        await put(server, "kept", "yes")
    assert server.pid == 0

    async with open_embedded_redis(tmp_path) as server:
        assert await value_of(server, "kept") == b"yes"


async def test_nothing_is_evicted_and_the_log_is_append_only(tmp_path: Path) -> None:
    async with open_embedded_redis(tmp_path) as server, open_redis(RedisSettings(url=server.url), name="test") as redis:
        config = await redis.config_get("maxmemory-policy", "appendonly", "appendfsync", "save")

    assert config == {"maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "everysec", "save": ""}


async def test_two_servers_do_not_share_one_data_directory(tmp_path: Path) -> None:
    async with open_embedded_redis(tmp_path) as first:
        with pytest.raises(RedisUnavailable, match="already runs"):
            await EmbeddedRedis(tmp_path).start()

        await put(first, "still", "there")


async def test_socket_goes_with_the_server(tmp_path: Path) -> None:
    async with open_embedded_redis(tmp_path):
        assert socket_path(tmp_path).is_socket()

    assert not socket_path(tmp_path).exists()


async def test_sockets_of_killed_servers_go_at_the_next_start_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    killed, living, young = (EmbeddedRedis(tmp_path / name) for name in ("killed", "living", "young"))
    sockets = [socket_path(server.data_dir) for server in (killed, living, young)]
    for server in (killed, living, young):
        await server.start()
    killed.kill()
    young.kill()
    for old in sockets[:2]:
        os.utime(old, (0, 0))

    async with open_embedded_redis(tmp_path / "next"):
        left = [path.exists() for path in sockets]
        answer = await value_of(living, "any")

    await living.stop()
    assert left == [False, True, True]
    assert answer is None


def test_socket_path_is_short_however_deep_the_data_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("x" * 200) / ("y" * 200)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("z" * 120)))

    assert len(os.fsencode(socket_path(deep))) <= 107
    assert socket_path(deep) == socket_path(deep)
    assert socket_path(deep) != socket_path(tmp_path)


async def test_failed_start_says_why_and_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").write_text("not a directory")

    with pytest.raises(RedisUnavailable, match=r"ended with status 1.*valkey\.log.*REDIS_URL"):
        async with open_embedded_redis(tmp_path):
            pass


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a child with its parent")
async def test_server_dies_with_its_killed_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE)  # noqa: ASYNC220
    assert parent.stdout is not None
    server_pid = int(await asyncio.to_thread(parent.stdout.readline))
    watched = os.pidfd_open(server_pid)

    parent.send_signal(signal.SIGKILL)

    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(watched, ended.set)
    await asyncio.wait_for(ended.wait(), 20)
    asyncio.get_running_loop().remove_reader(watched)
    os.close(watched)
    parent.wait()
    parent.stdout.close()
