"""What `doctor` tries: Redis, database, key, stored credentials, storage, ports, and the nodes that stored flows need."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from config.settings import RedisSettings, Settings
from flowisectl.cli.views.units import all_stored, size

if TYPE_CHECKING:
    from flowisectl.database.connection import Database

STORED_NAME = "flowisectl-doctor.txt"
CONNECT_SECONDS = 10.0


class Verdict(IntEnum):
    """The values are the command's exit statuses."""

    OK = 0
    WARNING = 1
    BROKEN = 2


@dataclass(frozen=True, kw_only=True)
class Result:
    what: str
    level: Verdict
    text: str
    """What was found or, unless all is well, what to do."""


async def examine(settings: Settings) -> list[Result]:
    """Try everything, one after the other; a failure of one never hides the others."""
    from flowisectl.errors import FlowisectlError

    results: list[Result] = []
    for name, steps in (
        ("redis", _redis),
        ("database", _database),
        ("storage", _storage),
        ("roles", _roles),
        ("ports", _ports),
        ("traces", _traces),
        ("texts", _texts),
    ):
        try:
            async with asyncio.timeout(3 * CONNECT_SECONDS):
                results += [result async for result in steps(settings)]
        except TimeoutError:
            results.append(_broken(name, f"no answer within {3 * CONNECT_SECONDS:g} s"))
        except (FlowisectlError, OSError, ValueError) as error:
            results.append(_broken(name, str(error)))
    return results


def _ok(what: str, text: str) -> Result:
    return Result(what=what, level=Verdict.OK, text=text)


def _warning(what: str, text: str) -> Result:
    return Result(what=what, level=Verdict.WARNING, text=text)


def _broken(what: str, text: str) -> Result:
    return Result(what=what, level=Verdict.BROKEN, text=text)


async def _redis(settings: Settings) -> AsyncIterator[Result]:
    from flowisectl.cli.connections import is_without_queue, open_command_redis, redis_address, redis_settings
    from flowisectl.queue.overview import ADVICE, redis_facts

    if is_without_queue(settings):
        yield _ok("redis", "not needed: MODE=main runs flows in the server itself")
        return
    found = redis_settings(settings)
    async with open_command_redis(settings) as redis:
        facts = await redis_facts(redis)
    yield _ok("redis", f"{redis_address(found)} answers in {facts.round_trip_ms:.1f} ms, version {facts.version}")
    if facts.role == "slave":
        yield _broken("redis", "this server is a replica and takes no jobs: point REDIS_URL to the primary")
    elif facts.is_full:
        yield _broken("memory", f"Redis is full and takes no jobs: {ADVICE}")
    elif facts.refusal:
        yield _broken("redis", f"no jobs are taken: {facts.refusal}")
    elif facts.is_tight:
        yield _warning("memory", f"Redis uses {size(facts.memory_bytes)} of {size(facts.memory_limit_bytes)}: {ADVICE}")
    if facts.eviction_policy == "noeviction":
        yield _ok("eviction", "noeviction: nothing is thrown away when memory is full")
    else:
        yield _broken(
            "eviction", f"maxmemory-policy is {facts.eviction_policy or 'unknown'}, jobs may be thrown away: set it to noeviction"
        )
    if facts.has_append_only_file:
        yield _ok("persistence", "an append-only file: a restart loses at most the last second")
    elif facts.saves:
        yield _warning("persistence", "snapshots only, so a crash loses the newest minutes: set appendonly yes")
    elif facts.saves is None:
        yield _warning("persistence", "the server does not tell (CONFIG is refused): make sure that it writes an append-only file")
    else:
        yield _broken("persistence", "nothing is written to disk, a restart loses what waits: set appendonly yes")
    yield _tls(found)


def _tls(settings: RedisSettings) -> Result:
    address = settings.url or f"{'rediss' if settings.tls else 'redis'}://{settings.host}"
    if address.startswith("unix:"):
        return _ok("tls", "a unix socket: nothing leaves this machine")
    if address.startswith("rediss:") or settings.tls:
        return _ok("tls", "encrypted, the server's certificate was verified" + (" with REDIS_CA" if settings.ca_pem else ""))
    from urllib.parse import urlsplit

    from flowisectl.cli.connections import is_loopback

    host = urlsplit(address).hostname or "localhost"
    if is_loopback(host):
        return _ok("tls", "not encrypted, on loopback")
    return _warning("tls", f"the way to {host} is not encrypted: use rediss:// or REDIS_TLS=true, unless the network is your own")


async def _database(settings: Settings) -> AsyncIterator[Result]:
    from flowisectl.cli.write_check import trouble_with_writing
    from flowisectl.database.connection import open_database
    from flowisectl.database.migrations.runner import HEAD, schema_state

    if settings.database.type == "sqlite" and not settings.database.sqlite_file.exists():
        yield _warning("database", f"there is no {settings.database.sqlite_file} yet: the server makes it when it starts")
        async for result in _key(settings, None):
            yield result
        return
    async with open_database(settings.database, migrate=False) as database:
        state = await schema_state(database)
        if state.is_later:
            text = f"{database.place} has the schema {state.revision} of a newer version (this one knows {HEAD}): use that version"
            yield _broken("database", text)
        elif state.revision != HEAD:
            now = state.revision or "not flowisectl's yet"
            yield _broken("database", f"{database.place} answers; its schema is {now}: run `flowisectl database migrate`")
        elif state.missing_indexes:
            yield _warning(
                "database", f"{len(state.missing_indexes)} indexes are missing, so it is slow: run `flowisectl database migrate`"
            )
        elif trouble := await trouble_with_writing(database):
            yield _broken("database", f"{database.place} answers, but {trouble}")
        else:
            yield _ok("database", f"{database.place} answers and takes writes, schema {HEAD}")
        async for result in _key(settings, database if state.revision else None):
            yield result
        if state.revision:
            async for result in _flows(database):
                yield result


async def _key(settings: Settings, database: Database | None) -> AsyncIterator[Result]:
    """The encryption key, and whether it opens what is stored."""
    from flowisectl.errors import InvalidSetting
    from flowisectl.secrets.encryption_key import KeyMissing, encryption_key, fingerprint, key_source
    from flowisectl.secrets.sealed_values import has_sealed_values

    try:
        key = await asyncio.to_thread(encryption_key, settings.secrets, create=False)
    except KeyMissing as error:
        needs_that_one = database is not None and (settings.mode == "queue" or await has_sealed_values(database))
        made = f"there is no {key_source(settings.secrets)} yet: the server makes it"
        yield _broken("key", str(error)) if needs_that_one else _warning("key", made)
        return
    except InvalidSetting as error:
        yield _broken("key", str(error))
        return
    yield _ok("key", f"{key_source(settings.secrets)}, fingerprint {fingerprint(key)}")
    if database is not None:
        yield await _credentials(settings, database, key)


async def _credentials(settings: Settings, database: Database, key: str) -> Result:
    from flowisectl.secrets.aws_secrets import named_secrets
    from flowisectl.secrets.sealed_values import sealed_values

    rows = [row for row in await sealed_values(database, key, named_secrets(settings.secrets)) if row.table == "credential"]
    closed = [row for row in rows if row.problem]
    if closed:
        names = ", ".join(f"{row.name} ({row.id})" for row in closed[:3]) + (" …" if len(closed) > 3 else "")
        advice = "use the key that they were stored with (SECRETKEY_PATH, FLOWISE_SECRETKEY_OVERWRITE), or enter them again"
        return _broken("credentials", f"{len(closed)} of {len(rows)} do not open with this key: {names}: {advice}")
    return _ok("credentials", all_stored(len(rows), "the stored one opens with this key", "open with this key"))


async def _flows(database: Database) -> AsyncIterator[Result]:
    """The node types of every stored flow must be here."""
    from flowisectl.database.chat_flow import TABLE
    from flowisectl.engine.flow import parse_flow
    from flowisectl.errors import InvalidFlow
    from flowisectl.nodes.discovery import load_catalogue

    known = {node.definition.name for node in load_catalogue()}
    rows = await database.fetch(database.selection(TABLE))
    missing: dict[str, list[str]] = {}
    broken = []
    for row in rows:
        try:
            flow = parse_flow(row["flowData"], id=row["id"], name=row["name"])
        except InvalidFlow:
            broken.append(row["name"])
            continue
        for node in flow.nodes:
            if node.name not in known and node.name != "stickyNote":
                missing.setdefault(node.name, []).append(row["name"])
    if broken:
        yield _warning("flows", f"{len(broken)} of {len(rows)} cannot be read: {', '.join(broken[:3])}: save them again")
    if missing:
        listed = ", ".join(f"{name} ({', '.join(sorted(set(flows))[:2])})" for name, flows in sorted(missing.items())[:5])
        yield _warning("nodes", f"stored flows use node types that are not here: {listed}: replace them, see `flowisectl nodes list`")
    elif not broken:
        yield _ok("flows", all_stored(len(rows), "the stored one can be run", "can be run") + (": every node type is here" if rows else ""))


async def _storage(settings: Settings) -> AsyncIterator[Result]:
    """Write a file, read it, list it, delete it."""
    import secrets

    from flowisectl.storage.opening import storage_of

    storage = storage_of(settings.storage)
    blobs = storage.of_organization("flowisectl-doctor")
    flow, data = secrets.token_hex(8), secrets.token_bytes(64)
    try:
        name = await blobs.write(flow, "", STORED_NAME, data, "text/plain")
        is_same = await blobs.read(flow, "", name) == data and (await blobs.usage(flow)).files == 1
        await blobs.delete_flow(flow)
        is_gone = (await blobs.usage(flow)).files == 0
    except OSError as error:
        yield _broken(
            "storage", f"{storage.place} cannot be used ({error.strerror}): set BLOB_STORAGE_PATH to a folder that can be written"
        )
        return
    if not is_same:
        yield _broken("storage", f"{storage.place} gives back other data than was stored")
    elif not is_gone:
        yield _broken("storage", f"{storage.place} does not delete what it is told to: check the rights to list and to delete")
    else:
        yield _ok("storage", f"{storage.place}: put, get and delete work")


async def _roles(settings: Settings) -> AsyncIterator[Result]:
    """Whatever works here must also be what the roles that run already have."""
    from flowisectl.cli.connections import is_without_queue
    from flowisectl.cli.role_check import trouble_beside_roles
    from flowisectl.errors import RedisUnavailable

    if is_without_queue(settings):
        return
    try:
        roles, found = await trouble_beside_roles(settings)
    except RedisUnavailable:
        return  # told above
    for what, text in found:
        yield _broken(what, text)
    if roles and not found:
        yield _ok("roles", f"{len(roles)} run{'s' if len(roles) == 1 else ''} on this queue, with the same key and the same files")


async def _ports(settings: Settings) -> AsyncIterator[Result]:
    from flowisectl.cli.health import readiness
    from roles.process import PortTaken, bound_socket

    host = settings.http.host
    local = host if host not in ("", "0.0.0.0", "::") else "127.0.0.1"
    for variable, port in (("PORT", settings.http.port), ("WORKER_PORT", settings.worker.port)):
        try:
            with bound_socket(host, port, variable):
                yield _ok("port", f"{variable} {port} is free")
        except PortTaken as error:
            url = f"http://{local}:{port}"
            answer = await readiness(url)
            if answer.body is not None:
                state = "ready" if answer.is_ready else answer.reason.removeprefix(f"{url} is ")
                make = _ok if answer.is_ready else _warning
                yield make("port", f"{variable} {port}: a role of flowisectl listens there and is {state}")
            else:
                yield _warning("port", str(error))


async def _traces(settings: Settings) -> AsyncIterator[Result]:
    from flowisectl.cli.telemetry_check import trouble_with_traces

    place, trouble = await trouble_with_traces(settings.telemetry)
    if place:
        yield _warning("traces", f"{place}: {trouble}") if trouble else _ok("traces", f"a collector listens at {place}")


async def _texts(settings: Settings) -> AsyncIterator[Result]:
    from roles.built_in_texts import texts_of

    if path := settings.engine.texts_path:
        yield _ok("texts", f"{len(texts_of(settings).replaced)} of {path} take the place of built-in ones")
