"""What commands open: the database, the queue server, the address of main. All work without a running main."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from config.settings import RedisSettings, Settings

ANSWER_SECONDS = 5.0
"""How long a command waits for an answer of the queue server, which may be frozen: whoever looks wants to know that soon."""

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from flowisectl.database.connection import Database


@asynccontextmanager
async def open_command_database(settings: Settings) -> AsyncIterator[Database]:
    """The database, brought up to date first, so that a command works on an empty one. Raises DatabaseUnavailable."""
    from flowisectl.database.connection import open_database

    async with open_database(settings.database) as database:
        yield database


def redis_settings(settings: Settings) -> RedisSettings:
    """Where the queue is: as configured or, when nothing is, where an all-in-one on the same data directory has put it."""
    from roles.runtime_file import read_runtime

    if not settings.redis.is_configured:
        runtime = read_runtime(settings.database.path)
        if runtime is not None and runtime.redis_url:
            return replace(settings.redis, url=runtime.redis_url)
    return settings.redis


def redis_address(settings: RedisSettings) -> str:
    """The address as a URL without user and password."""
    if settings.url:
        parts = urlsplit(settings.url)
        try:
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            port = ""
        host = parts.hostname or ""
        where = f"{f'[{host}]' if ':' in host else host}{port}"
        return f"{parts.scheme}://{where}{parts.path}"
    return f"{'rediss' if settings.tls else 'redis'}://{settings.host}:{settings.port}"


def is_without_queue(settings: Settings) -> bool:
    """MODE=main and nothing that says where a queue would be: flows run in the server itself."""
    from roles.runtime_file import read_runtime

    return settings.mode == "main" and not settings.redis.is_configured and read_runtime(settings.database.path) is None


@asynccontextmanager
async def open_command_redis(settings: Settings) -> AsyncIterator[Redis]:
    """A connection to the queue. Raises RedisUnavailable."""
    from flowisectl.errors import RedisUnavailable
    from flowisectl.redis_connection import open_redis

    async with AsyncExitStack() as opened:
        try:
            redis = await opened.enter_async_context(open_redis(redis_settings(settings), name="flowisectl", answer_seconds=ANSWER_SECONDS))
        except RedisUnavailable as error:
            if not is_without_queue(settings):
                raise
            raise RedisUnavailable(
                f"no all-in-one runs on {settings.database.path}, and with MODE=main there are no jobs; for a queue's: {error.message}"
            ) from error
        yield redis


def server_url(settings: Settings) -> str:
    """The address of main on this machine: as an all-in-one on the same data directory says, or as PORT says."""
    from roles.runtime_file import read_runtime

    runtime = read_runtime(settings.database.path)
    return _local_url(settings, runtime.port if runtime is not None else settings.http.port)


def worker_url(settings: Settings) -> str:
    """The address of a worker on this machine: the all-in-one's first one, or where WORKER_PORT says."""
    from roles.runtime_file import read_runtime

    runtime = read_runtime(settings.database.path)
    return _local_url(settings, runtime.worker_ports[0] if runtime is not None and runtime.worker_ports else settings.worker.port)


def _local_url(settings: Settings, port: int) -> str:
    host = settings.http.host if settings.http.host not in ("", "0.0.0.0", "::") else "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(host: str) -> bool:
    import ipaddress

    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
