"""Open Redis as the settings say: address, login, TLS, time limits; refuse what the queue cannot run on."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from config.settings import RedisSettings
from flowisectl.errors import RedisUnavailable
from flowisectl.redis_connection.failures import failures_named, where_is
from flowisectl.redis_connection.sentinel import SCHEMES, SentinelConnection, SentinelTlsConnection, sentinel_options

OLDEST_VERSION = (7, 0)
"""Scripts that free memory must run while memory is full (`allow-oom`), which came with Redis 7."""
CONNECT_SECONDS = 2.0
FIRST_ANSWER_SECONDS = 5.0


@asynccontextmanager
async def open_redis(settings: RedisSettings, *, name: str, answer_seconds: float | None = None) -> AsyncIterator[Redis]:
    """A client that has answered once. `name` is what `CLIENT LIST` shows.

    It never repeats a command by itself and, unless `answer_seconds` is given, has no read time limit (blocking reads wait as
    long as they say); whoever needs either adds it. Raises RedisUnavailable, for a server that does not answer at all within
    FIRST_ANSWER_SECONDS.
    """
    # Only where there is something to write: a container may have no place for it.
    has_files = bool(settings.cert_pem or settings.key_pem)
    with tempfile.TemporaryDirectory(prefix="flowisectl-tls-") if has_files else nullcontext("") as folder:
        options = connection_options(settings, name, Path(folder))
        if answer_seconds is not None:
            options["socket_timeout"] = answer_seconds
        pool = ConnectionPool(**options)
        redis = Redis(connection_pool=pool)
        try:
            with failures_named(redis):
                async with asyncio.timeout(FIRST_ANSWER_SECONDS):
                    await _check_server(redis)
            yield redis
        finally:
            await redis.aclose()
            await pool.disconnect()


def connection_options(settings: RedisSettings, name: str, folder: Path) -> dict[str, Any]:
    """What each connection is made with. Certificate and key go to files of `folder`, as Python's TLS wants them."""
    options: dict[str, Any] = {
        # Names have no blanks in Redis.
        "client_name": "-".join(name.split()),
        "socket_connect_timeout": CONNECT_SECONDS,
        # Explicit: the library would repeat a command that may have been done already.
        "retry": Retry(NoBackoff(), 0),
        # Explicit: a read limit would break blocking reads.
        "socket_timeout": None,
    }
    address = _address(settings)
    kind: type[Any] = address.pop("connection_class", Connection)
    if kind is UnixDomainSocketConnection:
        return {**options, **address, "connection_class": kind}
    options["socket_keepalive"] = True
    if settings.keep_alive_ms:
        options["socket_keepalive_options"] = _keep_alive(settings.keep_alive_ms)
    if settings.tls:
        kind = SentinelTlsConnection if kind is SentinelConnection else kind if kind is SentinelTlsConnection else SSLConnection
    if issubclass(kind, SSLConnection):
        options |= _tls(settings, folder)
    return {**options, **address, "connection_class": kind}


def _address(settings: RedisSettings) -> dict[str, Any]:
    if not settings.url:
        login = {"username": settings.username or None, "password": settings.password or None}
        return {"host": settings.host, "port": settings.port, **login}
    scheme = urlsplit(settings.url).scheme
    if scheme in SCHEMES:
        return dict(sentinel_options(settings.url))
    try:
        return dict(parse_url(settings.url))
    except ValueError as error:
        begins = f"begins with {scheme}://" if scheme else "has no scheme"
        raise RedisUnavailable(f"REDIS_URL ({begins}) cannot be used: write redis://, rediss://, unix:// or redis+sentinel://") from error


def _tls(settings: RedisSettings, folder: Path) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if settings.ca_pem:
        options["ssl_ca_data"] = settings.ca_pem
    for option, pem in (("ssl_certfile", settings.cert_pem), ("ssl_keyfile", settings.key_pem)):
        if pem:
            options[option] = str(_private_file(folder / f"{option}.pem", pem))
    return options


def _private_file(path: Path, text: str) -> Path:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return path


def _keep_alive(milliseconds: int) -> dict[int, int]:
    import socket

    seconds = max(1, milliseconds // 1000)
    names = {"TCP_KEEPIDLE": seconds, "TCP_KEEPINTVL": seconds, "TCP_KEEPCNT": 3}
    return {getattr(socket, name): value for name, value in names.items() if hasattr(socket, name)}


async def _check_server(redis: Redis) -> None:
    info = await redis.info("server")
    if "cluster" in (info.get("redis_mode"), info.get("server_mode")):  # Valkey says server_mode
        raise RedisUnavailable(
            f"Redis at {where_is(redis)} is a cluster, which the queue cannot run on: use a single server or a primary with replicas"
        )
    version = tuple(int(part) for part in str(info["redis_version"]).split(".")[:2])
    if version < OLDEST_VERSION:
        raise RedisUnavailable(f"Redis at {where_is(redis)} is version {info['redis_version']}: 7.0 or later is needed")
