"""A client for threads: it goes where an asynchronous one goes, and each command has a time limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import redis
from redis.asyncio import Connection, Redis, SSLConnection, UnixDomainSocketConnection
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from flowisectl.redis_connection.sentinel import SentinelConnection, Sentinels, SentinelTlsConnection

ANSWER_SECONDS = 1.0
_KINDS = {Connection: redis.Connection, SSLConnection: redis.SSLConnection, UnixDomainSocketConnection: redis.UnixDomainSocketConnection}
_BY_SENTINEL = (SentinelConnection, SentinelTlsConnection)
_OWN = ("retry", "socket_timeout", "socket_connect_timeout", "parser_class", "redis_connect_func")


def blocking_twin(client: Redis) -> redis.Redis:
    """One connection of its own to the same server, with the same login and TLS. Nothing is sent yet."""
    pool = client.connection_pool
    if pool.connection_class in _BY_SENTINEL:
        return _by_sentinel(pool.connection_kwargs, is_encrypted=pool.connection_class is SentinelTlsConnection)
    options = {name: value for name, value in pool.connection_kwargs.items() if name not in _OWN}
    return redis.Redis(
        connection_pool=redis.ConnectionPool(
            connection_class=_KINDS[pool.connection_class],
            max_connections=1,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            **options,
        )
    )


def _by_sentinel(known: Mapping[str, Any], *, is_encrypted: bool) -> redis.Redis:
    sentinels: Sentinels = known["sentinels"]
    options = {name: value for name, value in known.items() if name not in (*_OWN, "sentinels", "host", "port")}
    limits = {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS}
    asked: Any = Sentinel(list(sentinels.places), sentinel_kwargs={**limits, "password": sentinels.password or None})  # type: ignore[no-untyped-call]
    found: redis.Redis = asked.master_for(sentinels.service, **options, **limits, ssl=is_encrypted, retry=Retry(NoBackoff(), 0))
    return found
