"""Main and workers agree on the encryption key: main says its fingerprint in Redis, a worker with another key takes no jobs.

Key in Redis: `<QUEUE_NAME>:encryption-key-fingerprint`, text. A fingerprint tells nothing of its key.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from flowisectl.errors import RedisUnavailable

PAUSE_SECONDS = 2.0

log = logging.getLogger(__name__)


async def publish_fingerprint(redis: Redis, prefix: str, fingerprint: str) -> None:
    """Main's part. Raises RedisUnavailable."""
    try:
        earlier = await redis.set(_name(prefix), fingerprint, get=True)
    except RedisError as error:
        raise _unavailable(error) from error
    if earlier is not None and _text(earlier) != fingerprint:
        log.warning("the encryption key is another one than before: workers that still have the old one take no more jobs")


async def key_problem(redis: Redis, prefix: str, fingerprint: str) -> str:
    """Why a worker with this key must not take jobs; empty when it may, also while no main has said anything. Raises RedisUnavailable."""
    try:
        wanted = await redis.get(_name(prefix))
    except RedisError as error:
        raise _unavailable(error) from error
    if wanted is None or _text(wanted) == fingerprint:
        return ""
    return (
        f"this worker's encryption key ({fingerprint}) is not the server's ({_text(wanted)}), so it takes no jobs: "
        "give it the server's SECRETKEY_PATH or FLOWISE_SECRETKEY_OVERWRITE"
    )


async def wait_for_same_key(
    redis: Redis,
    prefix: str,
    fingerprint: str,
    say: Callable[[str], None],
    *,
    pause_seconds: float = PAUSE_SECONDS,
    found_now: Callable[[], Awaitable[str]] | None = None,
) -> bool:
    """Wait until the keys are equal; until then `say` gets the reason, and the log once.

    `found_now` gives the fingerprint of the key that this worker would find now, empty for none: false as soon as that is another
    one, so that it can be taken up. Raises RedisUnavailable.
    """
    said = ""
    while problem := await key_problem(redis, prefix, fingerprint):
        if problem != said:
            log.error("%s", problem)
            say(problem)
            said = problem
        await asyncio.sleep(pause_seconds)
        if found_now is not None and await found_now() not in ("", fingerprint):
            return False
    say("")
    return True


async def other_key(redis: Redis, prefix: str, fingerprint: str, *, pause_seconds: float = PAUSE_SECONDS) -> str:
    """Return when the server has another key than this worker; gives the reason. While Redis is away nothing is known of the key."""
    while True:
        with contextlib.suppress(RedisUnavailable):
            if problem := await key_problem(redis, prefix, fingerprint):
                return problem
        await asyncio.sleep(pause_seconds)


def _name(prefix: str) -> str:
    return f"{prefix}:encryption-key-fingerprint"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _unavailable(error: RedisError) -> RedisUnavailable:
    return RedisUnavailable(f"Redis, where the key's fingerprint is, does not answer ({error}); check that it is running and try again")
