"""`flowisectl status`: the queue, the workers and the last jobs on one screen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from config.settings import DatabaseSettings, Settings
    from flowisectl.queue.inspection import QueueSnapshot


def status(as_json: AsJson = False, data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """Show the queue, the workers and the last jobs."""
    settings, _ = read_settings(env_file, data_dir)
    snapshot, redis_place = asyncio.run(_look(settings))
    from flowisectl.cli.output import show, write_json

    if as_json:
        write_json(snapshot)
        return
    from flowisectl import __version__
    from flowisectl.cli.connections import server_url
    from flowisectl.cli.views.status import Places, status_view

    url = server_url(settings)
    places = Places(redis=redis_place, database=database_place(settings.database), server=url if _answers(url) else "")
    show(status_view(snapshot, places, __version__))


async def _look(settings: Settings) -> tuple[QueueSnapshot, str]:
    from dataclasses import replace

    from flowisectl.cli.connections import open_command_redis
    from flowisectl.cli.flow_names import with_flow_names
    from flowisectl.queue.inspection import snapshot
    from flowisectl.redis_connection.failures import where_is

    async with open_command_redis(settings) as redis:
        seen, place = await snapshot(redis, settings.queue), where_is(redis)
    return replace(seen, last_jobs=await with_flow_names(seen.last_jobs, settings.database)), place


def database_place(settings: DatabaseSettings) -> str:
    """The database in words; never a password."""
    if settings.type == "sqlite":
        return f"sqlite {settings.sqlite_file}"
    return f"{settings.type} {settings.user}@{settings.host}:{settings.port}/{settings.name}"


def _answers(url: str) -> bool:
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        with urlopen(f"{url}/api/v1/ping", timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
