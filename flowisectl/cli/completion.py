"""What the shell offers while an id or a name is typed. Whatever goes wrong, it offers nothing and says nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from config.settings import Settings

MOST = 50
_SPECIAL = re.compile(r"""[\s"'\\$`&|;<>()*?\[\]{}#~!]""")
"""What has a meaning in a shell."""


def complete_job(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Ids of jobs with their state and flow: the newest, or those that begin as typed."""
    with contextlib.suppress(Exception):
        return asyncio.run(_jobs(_settings(ctx), incomplete))
    return []


def complete_flow(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Names of flows."""
    with contextlib.suppress(Exception):
        from flowisectl.cli.flow_names import all_flows

        flows = asyncio.run(all_flows(_settings(ctx).database))
        return [(as_typed(name, incomplete), flow_id) for flow_id, name in flows if name.lower().startswith(incomplete.lower())][:MOST]
    return []


def complete_variable(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Names of settings."""
    from config.variables import VARIABLES

    return [(variable.name, variable.about) for variable in VARIABLES if variable.name.startswith(incomplete)]


class Quoted(str):
    """A name as the shell must read it. Typer drops what does not begin as typed, and what is typed comes unquoted."""

    __slots__ = ()

    def startswith(self, *prefix: Any) -> bool:
        return True


def as_typed(name: str, incomplete: str) -> str:
    """The name with its blanks and the like quoted for bash, which takes words as they are; within quotes nothing is to be done."""
    line = os.environ.get("COMP_WORDS", "")
    is_bash = os.environ.get("_FLOWISECTL_COMPLETE") == "complete_bash"
    if not is_bash or line.endswith((f"'{incomplete}", f'"{incomplete}')):
        return name
    return Quoted(_SPECIAL.sub(r"\\\g<0>", name))


def _settings(ctx: typer.Context) -> Settings:
    """As the options that were typed already say."""
    from flowisectl.cli.options import read_settings

    return read_settings(ctx.params.get("env_file"), ctx.params.get("data_dir"))[0]


async def _jobs(settings: Settings, incomplete: str) -> list[tuple[str, str]]:
    from flowisectl.cli.connections import open_command_redis
    from flowisectl.cli.flow_names import with_flow_names
    from flowisectl.queue.inspection import list_jobs
    from flowisectl.queue.keys import QueueKeys
    from flowisectl.queue.reading import ids_beginning, load_jobs, server_ms, untyped

    async with open_command_redis(settings) as redis:
        if incomplete:
            keys, client = QueueKeys(settings.queue.name, "prediction"), untyped(redis)
            ids = await ids_beginning(client, keys, incomplete, MOST)
            jobs = await load_jobs(client, keys, ids, await server_ms(client))
        else:
            jobs = list(await list_jobs(redis, settings.queue, limit=MOST))
    named = await with_flow_names(jobs, settings.database)
    return [(job.id, f"{job.state} {job.flow_name or job.flow_id}") for job in named]
