"""Flow ids → names, for views. Best effort: a name that cannot be had is left out, and the id is shown."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from config.settings import DatabaseSettings

if TYPE_CHECKING:
    from flowisectl.queue.inspection import JobSummary

Job = TypeVar("Job", bound="JobSummary")


async def with_flow_names(jobs: Iterable[Job], settings: DatabaseSettings) -> tuple[Job, ...]:
    """The jobs with the names of their flows."""
    listed = tuple(jobs)
    names = await flow_names({job.flow_id for job in listed if not job.flow_name}, settings)
    return tuple(replace(job, flow_name=job.flow_name or names.get(job.flow_id, "")) for job in listed)


async def flow_names(ids: Iterable[str], settings: DatabaseSettings) -> dict[str, str]:
    """Id → name."""
    wanted = sorted(ids)
    if not wanted:
        return {}
    if settings.type == "sqlite":
        return _from_sqlite(wanted, settings)
    return dict(await _from_server(wanted, settings))


async def all_flows(settings: DatabaseSettings) -> list[tuple[str, str]]:
    """Every flow's id and name; nothing when the database cannot be read."""
    if settings.type == "sqlite":
        return _sqlite_rows(settings, "SELECT id, name FROM chat_flow ORDER BY name", [])
    return await _from_server(None, settings)


def _from_sqlite(ids: list[str], settings: DatabaseSettings) -> dict[str, str]:
    marks = ", ".join("?" * len(ids))
    return dict(_sqlite_rows(settings, f"SELECT id, name FROM chat_flow WHERE id IN ({marks})", ids))


def _sqlite_rows(settings: DatabaseSettings, query: str, values: list[str]) -> list[tuple[str, str]]:
    """Read the file directly: a view need not wait for the whole database layer to be imported."""
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"{settings.sqlite_file.absolute().as_uri()}?mode=ro", uri=True, timeout=1)) as connection,
    ):
        return connection.execute(query, values).fetchall()
    return []


async def _from_server(ids: list[str] | None, settings: DatabaseSettings) -> list[tuple[str, str]]:
    from flowisectl.database.chat_flow import TABLE
    from flowisectl.database.connection import open_database
    from flowisectl.errors import FlowisectlError

    with contextlib.suppress(FlowisectlError):
        async with open_database(settings, migrate=False) as database:
            selection = database.selection(TABLE)
            rows = await database.fetch(selection if ids is None else selection.where(TABLE.c.id.in_(ids)))
            return [(row["id"], row["name"]) for row in rows]
    return []
