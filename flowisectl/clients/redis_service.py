"""A Redis server that a flow's author named: memories, caches and vectors outside of the queue's own Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from flowisectl.errors import MissingInput, ProviderError

SECONDS = 15.0
_PROVIDER = "redis"

Result = TypeVar("Result")


class RedisService:
    """Opens a connection for what it is asked and closes it again. No error shows the password."""

    def __init__(self, options: Mapping[str, Any], *, place: str, secret: str) -> None:
        self._options = options
        self._place = place
        self._secret = secret

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Redis]:
        """Raises ProviderError, also for what fails inside."""
        client = Redis(
            **self._options,
            socket_connect_timeout=SECONDS,
            socket_timeout=SECONDS,
            retry=Retry(NoBackoff(), 0),
            client_name="flowisectl-node",
        )
        try:
            yield client
        except (RedisError, OSError) as error:
            text = str(error) or type(error).__name__
            if len(self._secret) >= 4:
                text = text.replace(self._secret, "***")
            raise ProviderError(f"Redis at {self._place}: {text}", provider=_PROVIDER) from error
        finally:
            await client.aclose()


def redis_of(credential: Mapping[str, Any], *, who: str) -> RedisService:
    """The server of a credential `redisUrlApi` (`redisUrl`) or `redisCacheApi` (host, port, user, password, TLS).

    Without a credential it is the one at 127.0.0.1:6379. Raises MissingInput for a URL that cannot be read.
    """
    url = str(credential.get("redisUrl") or "")
    if url:
        return _of_url(url, who)
    secret = str(credential.get("redisCachePwd") or "")
    host, port = str(credential.get("redisCacheHost") or "127.0.0.1"), str(credential.get("redisCachePort") or "6379")
    if not port.isdigit():
        raise MissingInput(f"{who}: the port {port!r} of its credential is no number")
    options: dict[str, Any] = {"host": host, "port": int(port)}
    if secret:
        options["password"] = secret
        if credential.get("redisCacheUser"):
            options["username"] = str(credential["redisCacheUser"])
    if str(credential.get("redisCacheSslEnabled") or "").lower() == "true":
        options["ssl"] = True
    return RedisService(options, place=f"{host}:{port}", secret=secret)


async def done(command: Awaitable[Result] | Result) -> Result:
    """redis-py annotates its commands for both of its clients; here they are always awaitable."""
    result: Result = await command  # type: ignore[misc]
    return result


def _of_url(url: str, who: str) -> RedisService:
    try:
        found = dict(parse_url(url))
    except ValueError as error:
        raise MissingInput(f"{who}: the URL of its credential is no Redis URL: it begins with redis:// or rediss://") from error
    if found.pop("connection_class", None) is not None and url.startswith("rediss"):
        found["ssl"] = True
    place = found.get("path") or f"{found.get('host', 'localhost')}:{found.get('port', 6379)}"
    if "path" in found:
        found["unix_socket_path"] = found.pop("path")
    return RedisService(found, place=str(place), secret=str(found.get("password") or ""))
