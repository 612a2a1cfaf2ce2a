"""`flowisectl status`: everything that runs, and what is wrong with it, on one screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from config.settings import Settings
    from flowisectl.cli.database_look import DatabaseLook
    from flowisectl.cli.health import Answer
    from flowisectl.cli.views.status import Status

DOWN = 2


def status(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again and again, until Ctrl-C.")] = False,
    interval: Annotated[float, typer.Option(min=0.2, max=3600, help="--watch: seconds between two looks.")] = 1.0,
    plain: Annotated[bool, typer.Option("--plain", help="One `name value` a line, for scripts.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Show everything that runs, the last jobs, and what is wrong. Exit status: 0 all is well, 1 warnings, 2 it is down."""
    settings, _ = read_settings(env_file, data_dir)
    from flowisectl.cli.connections import is_without_queue

    if is_without_queue(settings):
        raise typer.Exit(_without_queue(settings, as_json, plain))
    if watch:
        raise typer.Exit(asyncio.run(_watch(settings, interval)))
    from flowisectl.errors import RedisUnavailable

    try:
        seen = asyncio.run(look_once(settings))
    except RedisUnavailable as error:
        raise typer.Exit(_is_down(error.message, as_json, plain)) from error
    _show(seen, as_json, plain)
    raise typer.Exit(int(seen.level))


def _show(seen: Status, as_json: bool, plain: bool) -> None:
    from flowisectl.cli.output import show, write_json, write_line

    if as_json:
        write_json(seen.to_json())
        return
    if plain:
        from flowisectl.cli.views.plain_status import plain_lines

        write_line("\n".join(plain_lines(seen)))
        return
    from flowisectl.cli.views.status import status_view

    show(status_view(seen))


def _is_down(message: str, as_json: bool, plain: bool) -> int:
    from flowisectl.cli.failure import say
    from flowisectl.cli.output import write_json, write_line

    if as_json:
        write_json({"level": "down", "findings": [{"level": "down", "text": message}]})
    elif plain:
        write_line("level down")
    return say(message, DOWN)


def _without_queue(settings: Settings, as_json: bool, plain: bool) -> int:
    """MODE=main: there is a server or there is none."""
    from flowisectl.cli.connections import server_url
    from flowisectl.cli.output import write_json, write_line

    url = server_url(settings)
    report, database = asyncio.run(_server_and_database(settings, url))
    lock = f"nothing can be stored in the database: {database.lock}" if database.lock else ""
    level = "down" if not report.is_ready else "warnings" if lock else "fine"
    if as_json:
        write_json({"level": level, "mode": "main", "server": url, "answer": report.body, "database": asdict(database)})
    elif plain:
        write_line(f"level {level}\nmode main\nserver {url}" + ("\ndatabase.locked yes" if lock else ""))
    elif report.is_ready:
        write_line(f"MODE=main: the server at {url} is ready and runs flows itself; there is no queue to look at")
    if report.is_ready and not lock:
        return 0
    from flowisectl.cli.failure import FAILED, say

    if report.is_ready:
        return say(lock, FAILED)
    advice = "start it with `flowisectl start` (`--role all-in-one` for all with a queue), or set REDIS_URL to look at a queue"
    return say(f"MODE=main: {report.reason}: {advice}", DOWN)


async def _server_and_database(settings: Settings, url: str) -> tuple[Answer, DatabaseLook]:
    from flowisectl.cli.database_look import look_at_database
    from flowisectl.cli.health import readiness

    return await asyncio.gather(readiness(url), look_at_database(settings.database))


@dataclass
class _Looker:
    """Looks again over one connection."""

    settings: Settings
    redis: Redis

    async def look(self) -> Status:
        from flowisectl import __version__
        from flowisectl.cli.connections import redis_address, redis_settings
        from flowisectl.cli.database_look import look_at_database
        from flowisectl.cli.flow_names import with_flow_names
        from flowisectl.cli.judgement import findings_of
        from flowisectl.cli.views.status import Status
        from flowisectl.queue.overview import look

        overview, database = await asyncio.gather(look(self.redis, self.settings.queue), look_at_database(self.settings.database))
        key = own_key(self.settings)
        return Status(
            version=__version__,
            queue_name=self.settings.queue.name,
            redis_address=redis_address(redis_settings(self.settings)),
            overview=overview,
            database=database,
            own_key=key,
            last_jobs=await with_flow_names(overview.queues[0].last_jobs, self.settings.database),
            findings=findings_of(overview, database, key, self.settings.queue.max_waiting),
        )


def own_key(settings: Settings) -> str:
    """The fingerprint of the key that this command would use; empty when it sees none."""
    from flowisectl.errors import InvalidSetting
    from flowisectl.secrets.encryption_key import encryption_key, fingerprint

    try:
        return fingerprint(encryption_key(settings.secrets, create=False))
    except InvalidSetting:
        return ""


@asynccontextmanager
async def _looker(settings: Settings) -> AsyncIterator[_Looker]:
    from flowisectl.cli.connections import open_command_redis

    async with open_command_redis(settings) as redis:
        yield _Looker(settings, redis)


async def look_once(settings: Settings) -> Status:
    async with _looker(settings) as looker:
        return await looker.look()


async def _watch(settings: Settings, interval: float) -> int:
    """Draw the page anew after each look, in place. A lost Redis is told above the page as it was, and looked for again."""
    import sys

    from rich.live import Live

    from flowisectl.cli.failure import CommandFailed
    from flowisectl.cli.views.status import fitting, lost_view
    from flowisectl.cli.views.theme import make_console
    from flowisectl.errors import RedisUnavailable

    if not sys.stdout.isatty():
        raise CommandFailed("--watch draws on a terminal: use --plain or --json elsewhere")
    level, seen = DOWN, None
    with Live(console=make_console(sys.stdout), screen=True, auto_refresh=False) as live:
        while True:
            try:
                async with _looker(settings) as looker:
                    while True:
                        began = time.monotonic()
                        seen = await looker.look()
                        level = int(seen.level)
                        live.update(fitting(seen, live.console), refresh=True)
                        await asyncio.sleep(max(0.0, interval - (time.monotonic() - began)))
            except RedisUnavailable as error:
                level = DOWN
                live.update(lost_view(error.message, interval, seen, live.console), refresh=True)
                await asyncio.sleep(interval)
            except (KeyboardInterrupt, asyncio.CancelledError):
                return level
