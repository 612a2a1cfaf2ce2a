"""What is wrong with a running service, said so that whoever reads it knows what to do. Pure: a look in, sentences out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from flowisectl.cli.database_look import DatabaseLook
from flowisectl.cli.views.units import count, seconds, size
from flowisectl.queue.overview import ADVICE, Overview, RedisFacts
from flowisectl.queue.roster import UNUSABLE, RoleSeen
from flowisectl.queue.summary import QueueSnapshot

SLOW_ROUND_TRIP_MS = 20.0
LONG_WAIT_SECONDS = 1.0
IDLE_WAIT_SECONDS = 5.0
NAMED_ALONE = 3
FAILING_SHARE = 0.2
FAILING_JOBS = 5
"""Fewer failed jobs say nothing of a service: somebody tries out a flow."""


class Level(IntEnum):
    """The values are the command's exit statuses, a note's aside."""

    NOTE = 0
    WARNING = 1
    DOWN = 2


@dataclass(frozen=True, kw_only=True)
class Finding:
    level: Level
    text: str


def findings_of(overview: Overview, database: DatabaseLook, own_key: str, max_waiting: int = 0) -> tuple[Finding, ...]:
    """Everything worth a line, the worst first.

    `own_key` is the fingerprint of the key that this command sees, or empty; `max_waiting` is QUEUE_MAX_WAITING, 0 for no limit.
    """
    found = [
        *_database(database, overview.roles),
        *_redis(overview.redis),
        *_roles(overview.roles),
        *_keys(overview.roles, own_key),
        *_storages(overview.roles),
        *(finding for queue in overview.queues for finding in _queue(queue, max_waiting)),
    ]
    return tuple(sorted(found, key=lambda finding: -finding.level))


def _down(text: str) -> Finding:
    return Finding(level=Level.DOWN, text=text)


def _warning(text: str) -> Finding:
    return Finding(level=Level.WARNING, text=text)


def _note(text: str) -> Finding:
    return Finding(level=Level.NOTE, text=text)


def _database(database: DatabaseLook, roles: Sequence[RoleSeen]) -> Iterator[Finding]:
    if database.reason:
        yield _down(f"database: {database.reason}")
    if database.lock:
        yield _warning(f"nothing can be stored in the database: {database.lock}")
    hang = [role for role in roles if role.write_trouble and not role.is_stale]
    hang = [role for role in hang if not (database.lock and "locks" in role.write_trouble)]
    for who, members in _grouped((role, "") for role in hang):
        trouble = members[0].write_trouble
        file = database.place.removeprefix("sqlite ") if database.place.startswith("sqlite ") else ""
        advice = f"; `fuser {file}` names who has it" if file and "locks" in trouble else ""
        yield _warning(f"{who} cannot write to the database: {trouble}{advice}")
    known = {role.schema for role in roles if role.schema}
    if database.schema and known and known != {database.schema}:
        newest = ", ".join(sorted(known))
        is_old = database.schema < max(known)
        advice = "run `flowisectl database migrate`, restart the roles" if is_old else "bring the older roles to the newest version"
        yield _warning(f"the database's schema is {database.schema}, roles know {newest}: {advice}")


def _redis(redis: RedisFacts) -> Iterator[Finding]:
    if redis.eviction_policy not in ("noeviction", ""):
        yield _warning(f"Redis may throw jobs away (maxmemory-policy {redis.eviction_policy}): set it to noeviction")
    if not redis.has_append_only_file and redis.saves is False:
        yield _warning("Redis writes nothing to disk, so a restart loses what waits: set appendonly yes")
    used, limit = size(redis.memory_bytes), size(redis.memory_limit_bytes)
    if redis.is_full:
        yield _down(f"Redis is full ({used} of {limit}) and takes no jobs: {ADVICE}")
    elif redis.refusal and redis.role != "slave":
        yield _down(f"no jobs are taken: {redis.refusal}")
    elif redis.is_tight:
        yield _warning(f"Redis uses {used} of {limit}: {ADVICE}")
    if redis.role == "slave":
        yield _warning("this Redis is a replica and takes no jobs: point REDIS_URL to the primary")
    if redis.round_trip_ms > SLOW_ROUND_TRIP_MS:
        yield _warning(f"Redis takes {redis.round_trip_ms:.0f} ms to answer: it is far away, or busy (SLOWLOG GET 10)")


def _roles(roles: Sequence[RoleSeen]) -> Iterator[Finding]:
    for kind, command in (("main", "flowisectl start"), ("worker", "flowisectl start-worker")):
        members = [role for role in roles if role.role == kind]
        if not any(role.is_ready for role in members):
            what = "no server answers requests" if kind == "main" else "no worker takes jobs"
            yield _down(f"{what}: {'start one with ' if not members else 'see below, or start another with '}`{command}`")
    for who, silent in _grouped((role, "") for role in roles if role.is_stale):
        ages = seconds(max(role.beat_age_seconds for role in silent))
        if len(silent) == 1:
            yield _warning(f"{who} has been silent for {ages}: it was killed, or is stuck; see its log")
        else:
            yield _warning(f"{who} have been silent for up to {ages}: they were killed, are stuck, or cut off; see their logs")
    for who, waiting in _grouped((role, role.reason) for role in roles if not role.is_stale and role.state == "not ready"):
        yield _warning(f"{who} {'is' if len(waiting) == 1 else 'are'} not ready: {waiting[0].reason}")
    for who, ending in _grouped((role, "") for role in roles if not role.is_stale and role.state == "draining"):
        yield _note(f"{who} {'is stopping and ends what it has' if len(ending) == 1 else 'are stopping and end what they have'}")
    versions = {role.version for role in roles if not role.is_stale}
    if len(versions) > 1:
        yield _warning(f"roles run different versions ({', '.join(sorted(versions))}): bring all to the newest")


def _grouped(members: Iterable[tuple[RoleSeen, str]]) -> Iterator[tuple[str, list[RoleSeen]]]:
    """Roles of one kind with the same reason, as they are named in a sentence: each alone while they are few, many together."""
    groups: dict[tuple[str, str], list[RoleSeen]] = {}
    for role, reason in members:
        groups.setdefault((role.role, reason), []).append(role)
    for (kind, _), found in groups.items():
        if len(found) > NAMED_ALONE:
            yield f"{len(found)} {kind}s ({', '.join(role.name for role in found[:NAMED_ALONE])} …)", found
        else:
            yield from ((f"{kind} {role.name}", [role]) for role in found)


def _keys(roles: Sequence[RoleSeen], own_key: str) -> Iterator[Finding]:
    keys = {role.key_fingerprint for role in roles if role.key_fingerprint and not role.is_stale}
    if len(keys) > 1:
        yield _warning("roles have different encryption keys, so some cannot open stored credentials: give all the same SECRETKEY_PATH")
    elif keys and own_key and own_key not in keys:
        yield _note("this shell sees another encryption key than the roles: give it their SECRETKEY_PATH or --data-dir")


def _storages(roles: Sequence[RoleSeen]) -> Iterator[Finding]:
    live = [role for role in roles if not role.is_stale]
    for who, members in _grouped((role, "") for role in live if role.storage == UNUSABLE):
        advice = "make BLOB_STORAGE_PATH a folder that can be written, and start again"
        yield _warning(f"{who} cannot store files: {advice} ({'its log has' if len(members) == 1 else 'their logs have'} the reason)")
    if len({role.storage for role in live if role.storage not in ("", UNUSABLE)}) > 1:
        yield _warning(
            "roles store files in different places, so uploads are refused: give all the same BLOB_STORAGE_PATH, or STORAGE_TYPE=s3"
        )


def _queue(queue: QueueSnapshot, max_waiting: int) -> Iterator[Finding]:
    name = "" if queue.queue == "prediction" else f" of {queue.queue}s"
    pace, free = queue.pace, queue.capacity - queue.running
    busy = f"{count(queue.running)} of {count(queue.capacity)} slots busy"
    if max_waiting and queue.waiting >= max_waiting:
        yield _down(f"{count(queue.waiting)} jobs{name} wait, the most that may (QUEUE_MAX_WAITING): requests get 429; add workers")
    if queue.capacity and pace.wait_p95_seconds is not None and pace.wait_p95_seconds > LONG_WAIT_SECONDS:
        since = f" for {pace.slow_minutes} min" if pace.slow_minutes > 1 else ""
        if free <= 0:
            advice = "add a worker or raise WORKER_CONCURRENCY"
        elif queue.waiting:
            advice = "workers take jobs slowly: look at their CPU and at Redis"
        else:
            advice = "nothing waits now; if slots were free then, too, look at the workers' CPU and at Redis"
        yield _warning(f"p95 wait{name} {seconds(pace.wait_p95_seconds)}{since}: {busy}; {advice}")
    elif queue.waiting > queue.suspects and queue.oldest_wait_seconds > IDLE_WAIT_SECONDS:
        if queue.capacity and free <= 0:
            yield _warning(f"the oldest job{name} has waited {seconds(queue.oldest_wait_seconds)}: {busy}; add a worker")
        elif queue.capacity:
            waited = seconds(queue.oldest_wait_seconds)
            yield _warning(f"jobs{name} have waited {waited} although slots are free: look at the workers' logs")
    if queue.waiting and not queue.capacity:
        waiting = _told(queue.waiting, f"1 job{name} waits and no worker takes it", f"jobs{name} wait and no worker takes them")
        yield _down(f"{waiting}: start one with `flowisectl start-worker`")
    if queue.suspects:
        one = f"1 waiting job{name} has lost its workers before and has one attempt left"
        suspects = _told(queue.suspects, one, f"waiting jobs{name} have lost their workers before and have one attempt left")
        yield _note(f"{suspects}: a worker runs one such job at a time")
    of_queue = "" if queue.queue == "prediction" else f" --queue {queue.queue}"
    if queue.dead:
        dead = _told(queue.dead, f"1 job{name} is dead, its workers", f"jobs{name} are dead, their workers")
        yield _warning(f"{dead} were lost too often: see `flowisectl jobs list --state dead{of_queue}`, then `jobs retry` or `jobs purge`")
    if pace.failed_lately >= FAILING_JOBS and pace.failed_lately > FAILING_SHARE * pace.ended_lately:
        yield _warning(
            f"{count(pace.failed_lately)} of {count(pace.ended_lately)} jobs{name} of the last 10 min failed: see "
            f"`flowisectl jobs list --state failed{of_queue}`, then `flowisectl jobs inspect`"
        )
    if pace.again_last_hour:
        one = f"1 job{name} was started again in the last hour, as its worker was lost"
        yield _note(_told(pace.again_last_hour, one, f"jobs{name} were started again in the last hour, as their worker was lost"))


def _told(number: int, one: str, many: str) -> str:
    """The words for one, or the number and the words for many."""
    return one if number == 1 else f"{count(number)} {many}"
