"""Looks at a whole Flowise installation: environment, database, key, credentials, flows, files, Redis. Nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from config.env import Environment, SettingError, to_settings
from config.settings import Settings
from flowisectl.cli.connections import is_without_queue
from flowisectl.cli.database_look import database_place
from flowisectl.cli.takeover.files import judge_storage
from flowisectl.cli.takeover.flows import judge_flows
from flowisectl.cli.takeover.leftovers import judge_redis
from flowisectl.cli.takeover.report import FlowFound, Found, Level, SealedFound, Takeover, VariableFound
from flowisectl.cli.takeover.untouched import open_untouched
from flowisectl.cli.takeover.variables import judge_variables, usable_environment
from flowisectl.cli.takeover.way_back import differences, way_back
from flowisectl.cli.views.units import count
from flowisectl.database.connection import Database
from flowisectl.database.migrations.flowise_schema import SchemaKind, SchemaVerdict, look_at_schema
from flowisectl.errors import DatabaseUnavailable, FlowisectlError, InvalidSetting, Unavailable
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.secrets.aws_secrets import SecretsUnavailable, named_secrets
from flowisectl.secrets.encryption_key import KeyMissing, encryption_key, fingerprint, key_source
from flowisectl.secrets.sealed_values import SealedValue, sealed_values

REDIS_SECONDS = 15.0


@dataclass
class _Collected:
    """What the steps add to, in order."""

    findings: list[Found] = field(default_factory=list)
    flows: list[FlowFound] = field(default_factory=list)
    closed: list[SealedFound] = field(default_factory=list)
    variables: list[VariableFound] = field(default_factory=list)

    def add(self, what: str, level: Level, text: str) -> None:
        self.findings.append(Found(what=what, level=level, text=text))


async def examine_takeover(environment: Environment, *, data_dir: Path | None = None) -> Takeover:
    """The report. What cannot be looked at is a finding, never an error."""
    found = _Collected()
    usable, found.variables = usable_environment(environment)
    try:
        settings = to_settings(usable, data_dir=data_dir)
    except SettingError as error:
        found.add("settings", Level.CANNOT, str(error))
        return Takeover(findings=tuple(found.findings), variables=tuple(found.variables))
    found.variables += judge_variables(usable, settings)
    key = await _key(settings, found)
    try:
        async with open_untouched(settings.database) as database:
            organizations = await _database(database, settings, key, found)
    except (DatabaseUnavailable, InvalidSetting) as error:
        found.add("database", Level.CANNOT, str(error))
        organizations = []
    found.findings += await judge_storage(settings.storage, organizations, [flow.id for flow in found.flows])
    await _redis(settings, found)
    return Takeover(
        findings=tuple(found.findings),
        flows=tuple(found.flows),
        closed=tuple(found.closed),
        variables=tuple(found.variables),
        differences=differences(settings),
        way_back=way_back(settings),
    )


async def _key(settings: Settings, found: _Collected) -> str | None:
    try:
        key = await asyncio.to_thread(encryption_key, settings.secrets, create=False)
    except KeyMissing as error:
        # Without anything encrypted a new key would do; `_sealed` says when it would not.
        found.add("key", Level.WARNING, str(error))
        return None
    except (InvalidSetting, Unavailable) as error:
        found.add("key", Level.CANNOT, str(error))
        return None
    found.add("key", Level.FINE, f"{key_source(settings.secrets)}, fingerprint {fingerprint(key)}")
    return key


async def _database(database: Database, settings: Settings, key: str | None, found: _Collected) -> list[str]:
    """Gives the ids of the organizations. Raises DatabaseUnavailable."""
    verdict = await look_at_schema(database)
    found.add("database", Level.FINE, f"{database_place(settings.database)} answers")
    found.findings.append(_schema(verdict))
    if verdict.kind in (SchemaKind.EMPTY, SchemaKind.FOREIGN):
        return []
    try:
        await _accounts(database, found)
        names = await _credentials(database)
        await _sealed(database, settings, key, found)
        closed = {item.id for item in found.closed if item.table == "credential"} if key is not None else set(names)
        found.flows += await judge_flows(database, load_catalogue(), credentials=names, closed=closed)
        organizations = await database.fetch(sa.text("SELECT id FROM organization"))
    except DatabaseUnavailable as error:
        # An older schema may lack what is asked for; the schema's own line says so already.
        found.add("contents", Level.CANNOT, str(error))
        return []
    return [str(row["id"]) for row in organizations]


def _schema(verdict: SchemaVerdict) -> Found:
    level = Level.FINE if verdict.is_usable else Level.CANNOT
    if verdict.kind is SchemaKind.EMPTY:
        level = Level.WARNING
    return Found(what="schema", level=level, text=f"{verdict.text}: {verdict.remedy}" if verdict.remedy else verdict.text)


async def _accounts(database: Database, found: _Collected) -> None:
    users = await _count(database, "user")
    keys = await _count(database, "apikey")
    messages = await _count(database, "chat_message")
    counted = f"{_many(users, 'user')}, {_many(keys, 'API key')}, {_many(messages, 'message')}"
    found.add("accounts", Level.FINE, f"{counted}: used as they are")


def _many(number: int, what: str) -> str:
    return f"{count(number)} {what}{'' if number == 1 else 's'}"


async def _count(database: Database, table: str) -> int:
    rows = await database.fetch(sa.select(sa.func.count().label("count")).select_from(sa.table(table)))
    return int(rows[0]["count"])


async def _credentials(database: Database) -> dict[str, str]:
    """Id → name."""
    return {str(row["id"]): str(row["name"]) for row in await database.fetch(sa.text("SELECT id, name FROM credential"))}


async def _sealed(database: Database, settings: Settings, key: str | None, found: _Collected) -> None:
    try:
        values = await sealed_values(database, key or "", named_secrets(settings.secrets))
    except (InvalidSetting, SecretsUnavailable) as error:
        found.add("credentials", Level.CANNOT, str(error))
        return
    if key is None:
        if values:
            found.add("credentials", Level.CANNOT, f"{len(values)} encrypted values, and no key: without Flowise's key they are lost")
        return
    closed = [value for value in values if value.problem]
    found.closed += [SealedFound(table=value.table, id=value.id, name=value.name, problem=value.problem) for value in closed]
    found.findings.append(_sealed_found(values, closed))


def _sealed_found(values: Sequence[SealedValue], closed: Sequence[SealedValue]) -> Found:
    if not values:
        return Found(what="credentials", level=Level.FINE, text="none is stored")
    if not closed:
        return Found(what="credentials", level=Level.FINE, text=f"all {len(values)} encrypted values open with this key")
    if len(closed) == len(values):
        advice = "this is not Flowise's key; give its SECRETKEY_PATH or FLOWISE_SECRETKEY_OVERWRITE"
        text = f"none of {len(values)} encrypted values opens: {advice}"
        return Found(what="credentials", level=Level.CANNOT, text=text)
    text = f"{len(closed)} of {len(values)} encrypted values do not open with this key; in Flowise they do not work either"
    return Found(what="credentials", level=Level.WARNING, text=text)


async def _redis(settings: Settings, found: _Collected) -> None:
    if is_without_queue(settings):
        found.add("redis", Level.FINE, "not needed: MODE=main runs flows in the server itself")
        return
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            found.findings += [item async for item in judge_redis(settings)]
    except TimeoutError:
        found.add("redis", Level.CANNOT, f"no answer within {REDIS_SECONDS:g} s: check REDIS_URL, REDIS_HOST")
    except FlowisectlError as error:
        found.add("redis", Level.CANNOT, str(error))
