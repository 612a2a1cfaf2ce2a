"""A client for threads: it goes where an asynchronous one goes, and each command has a time limit."""

from __future__ import annotations

import redis
from redis.asyncio import Connection, Redis, SSLConnection, UnixDomainSocketConnection
from redis.backoff import NoBackoff
from redis.retry import Retry

ANSWER_SECONDS = 1.0
_KINDS = {Connection: redis.Connection, SSLConnection: redis.SSLConnection, UnixDomainSocketConnection: redis.UnixDomainSocketConnection}
_OWN = ("retry", "socket_timeout", "socket_connect_timeout", "parser_class", "redis_connect_func")


def blocking_twin(client: Redis) -> redis.Redis:
    """One connection of its own to the same server, with the same login and TLS. Nothing is sent yet."""
    pool = client.connection_pool
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
