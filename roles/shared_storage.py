"""Whether the workers see the files that the server stores: each role tells its storage's identity in the roster, the server compares."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from config.settings import Settings
from flowisectl.errors import InvalidSetting
from flowisectl.queue.reading import server_ms, untyped
from flowisectl.queue.roster import UNUSABLE, RoleSeen, read_roster
from flowisectl.storage.blob_store import Storage

KEPT_SECONDS = 1.0
LOOK_SECONDS = 5.0
MAX_NAMED = 3

log = logging.getLogger(__name__)


async def storage_identity(settings: Settings, storage: Storage) -> str:
    """The storage's identity. A local folder that cannot be written is said and does not keep a role from starting: only flows with
    files need it. Raises InvalidSetting for another storage that cannot be used, StorageUnavailable."""
    try:
        return await storage.identity()
    except InvalidSetting as error:
        if settings.storage.type != "local":
            raise
        log.warning("files cannot be stored: %s", error)
        return UNUSABLE


class SharedStorage:
    """A server's look at the roster, kept for a second."""

    def __init__(self, redis: Redis, queue_name: str, own: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = untyped(redis)
        self._queue_name = queue_name
        self._own = own
        self._clock = clock
        self._kept: tuple[float, str] | None = None

    async def problem(self) -> str:
        """Why files that are stored here would be missing in a run; empty when every live worker sees them, or none is there yet."""
        if self._kept is not None and self._kept[0] > self._clock():
            return self._kept[1]
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                roles = await read_roster(self._redis, self._queue_name, await server_ms(self._redis))
        except (RedisError, OSError, TimeoutError):
            return ""  # whoever queues the job says what is wrong
        found = storage_problem(self._own, roles)
        self._kept = (self._clock() + KEPT_SECONDS, found)
        return found


def storage_problem(own: str, roles: tuple[RoleSeen, ...]) -> str:
    """Any worker may take the job, so all that live must see the files. One that tells nothing is of an older version: it is believed."""
    workers = [role for role in roles if role.role == "worker" and not role.is_stale and role.state != "draining"]
    strangers = [role for role in workers if role.storage and (role.storage != own or own == UNUSABLE)]
    if not strangers:
        return ""
    named = ", ".join(role.name for role in strangers[:MAX_NAMED]) + (" …" if len(strangers) > MAX_NAMED else "")
    return (
        f"files cannot be taken: {len(strangers)} of {len(workers)} workers ({named}) would not find them, their storage is another than "
        "this server's. Give main and workers one folder (BLOB_STORAGE_PATH on a shared volume), or STORAGE_TYPE=s3, gcs or azure"
    )
