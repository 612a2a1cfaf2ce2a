"""Whether a role that started here would fit the roles that run: the same encryption key, the same stored files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.settings import Settings
    from flowisectl.queue.roster import RoleSeen


async def trouble_beside_roles(settings: Settings) -> tuple[tuple[RoleSeen, ...], list[tuple[str, str]]]:
    """The roles that run, and what of this machine differs from them: what it is, and what to do. Raises RedisUnavailable."""
    from flowisectl.cli.connections import open_command_redis
    from flowisectl.cli.status import own_key
    from flowisectl.queue.reading import server_ms, untyped
    from flowisectl.queue.roster import read_roster

    async with open_command_redis(settings) as redis:
        client = untyped(redis)
        roles = await read_roster(client, settings.queue.name, await server_ms(client))
    live = tuple(role for role in roles if not role.is_stale)
    if not live:
        return live, []
    return live, differences(live, own_key=own_key(settings), own_storage=await _own_storage(settings))


def differences(roles: Sequence[RoleSeen], *, own_key: str, own_storage: str) -> list[tuple[str, str]]:
    """An empty text stands for what is not known here."""
    found = []
    # A worker with another key takes no jobs: what counts is the servers' key, where there is a server.
    judges = [role for role in roles if role.role == "main"] or roles
    keys = {role.key_fingerprint for role in judges if role.key_fingerprint}
    if own_key and keys and own_key not in keys:
        others = f"the running roles' ({', '.join(sorted(keys))})"
        advice = "a role that starts here would take no jobs: give it their SECRETKEY_PATH or FLOWISE_SECRETKEY_OVERWRITE"
        found.append(("key", f"this machine's key ({own_key}) is not {others}: {advice}"))
    storages = {role.storage for role in judges if role.storage}
    if own_storage and storages and own_storage not in storages:
        advice = "give all the same BLOB_STORAGE_PATH, or a bucket (STORAGE_TYPE)"
        found.append(("storage", f"this machine sees other files than the running roles, so uploads would be refused: {advice}"))
    return found


async def _own_storage(settings: Settings) -> str:
    """Empty for a storage that cannot be used: that is told elsewhere."""
    from flowisectl.errors import FlowisectlError
    from flowisectl.storage.opening import storage_of

    try:
        return await storage_of(settings.storage).identity()
    except (FlowisectlError, OSError):
        return ""
