"""Errors of the Redis library turned into ours: where, what, and what to do; never a password."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from redis import exceptions
from redis.asyncio import Redis

from flowisectl.errors import RedisUnavailable

TRANSIENT_REPLIES = (
    "OOM", "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "MISCONF", "NOREPLICAS", "UNBLOCKED", "DENIED",
)  # fmt: skip
"""How error replies begin that speak of the server's state, not of a wrong command."""
TRANSIENT_ERRORS = (exceptions.OutOfMemoryError, exceptions.ReadOnlyError, exceptions.MasterDownError, exceptions.TryAgainError)
"""The same where the library has a class for them; it then leaves out how the reply begins."""


def where_is(redis: Redis) -> str:
    """`host:port` or the socket's path."""
    options = redis.connection_pool.connection_kwargs
    return str(options.get("path") or f"{options.get('host', 'localhost')}:{options.get('port', 6379)}")


def is_failure(error: BaseException) -> bool:
    """The server cannot serve now: no connection, no answer in time, or a state in which it refuses."""
    return isinstance(error, (exceptions.ConnectionError, exceptions.TimeoutError, OSError, TimeoutError)) or is_refusal(error)


def is_refusal(error: BaseException) -> bool:
    """The server answers, and will not write in the state that it is in: full, a replica, without a place for its file."""
    return isinstance(error, TRANSIENT_ERRORS) or (isinstance(error, exceptions.ResponseError) and str(error).startswith(TRANSIENT_REPLIES))


def to_unavailable(error: BaseException, where: str) -> RedisUnavailable:
    """The same failure, said so that a person knows what to do."""
    if isinstance(error, RedisUnavailable):
        return error
    text = str(error)
    if isinstance(error, (exceptions.AuthenticationError, exceptions.AuthorizationError)) or "NOAUTH" in text:
        return RedisUnavailable(f"Redis at {where} refuses the login: check REDIS_USERNAME and REDIS_PASSWORD (or those in REDIS_URL)")
    if isinstance(error.__cause__, ssl.SSLError) or "SSL" in text or "certificate" in text:
        hint = "check REDIS_TLS, REDIS_CA, REDIS_CERT and REDIS_KEY"
        return RedisUnavailable(f"no TLS connection to Redis at {where}: {_first_line(text)}; {hint}")
    if isinstance(error, exceptions.OutOfMemoryError) or "OOM" in text:
        return RedisUnavailable(f"Redis at {where} is out of memory: raise its maxmemory, or lower REMOVE_ON_COUNT and REMOVE_ON_AGE")
    if text.startswith("DENIED"):
        return RedisUnavailable(
            f"Redis at {where} answers its own machine only (protected mode): give it a password, or start it with --protected-mode no "
            "where the network keeps others out"
        )
    if isinstance(error, (exceptions.TimeoutError, TimeoutError)):
        return RedisUnavailable(
            f"Redis at {where} did not answer in time: is it frozen, or the network cut? `redis-cli ping` on its machine tells"
        )
    if isinstance(error, exceptions.ResponseError):
        return RedisUnavailable(f"Redis at {where} cannot serve now: {_first_line(text)}")
    reason = _system_text(error) or _first_line(str(error.__cause__ or error)) or type(error).__name__
    return RedisUnavailable(f"Redis at {where} cannot be reached ({reason}): start it, or set REDIS_URL or REDIS_HOST")


@contextmanager
def failures_named(redis: Redis) -> Iterator[None]:
    """Turn the library's errors of a block into RedisUnavailable."""
    try:
        yield
    except (exceptions.RedisError, OSError, TimeoutError) as error:
        if not is_failure(error):
            raise
        raise to_unavailable(error, where_is(redis)) from error


def _system_text(error: BaseException | None) -> str:
    """What the system says of a connection that could not be made, without the address that the libraries put around it."""
    for _ in range(4):
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno and error.errno > 0:
            return os.strerror(error.errno).lower()
        error = error.__cause__ or error.__context__ if error is not None else None
    return ""


def _first_line(text: str) -> str:
    return text.partition("\n")[0].strip().rstrip(".")[:200]
