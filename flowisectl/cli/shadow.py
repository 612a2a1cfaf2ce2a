"""`flowisectl shadow`: ask finished predictions again of a running Flowise, and tell what it answers otherwise."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Annotated

import typer

from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from config.settings import Settings
    from flowisectl.cli.shadowing.comparing import Shadow

KEY_VARIABLE = "FLOWISECTL_SHADOW_KEY"


def shadow(
    against: Annotated[str, typer.Option("--against", metavar="URL", help="The Flowise to ask, such as http://127.0.0.1:3001.")],
    percent: Annotated[float, typer.Option(min=0.001, max=100, help="The share of chats that is compared.")] = 10.0,
    rate: Annotated[float, typer.Option(min=0.01, max=1000, help="At most so many questions a second; never two at once.")] = 1.0,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Stop after so many questions.")] = 100,
    since: Annotated[str, typer.Option(help="Predictions that ended since: 90s, 15m, 2h, or a time.")] = "1h",
    flow: Annotated[str, typer.Option(help="Only this flow, by id or name.")] = "",
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what ends from now on, until the limit or Ctrl-C.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Compare texts, too; only models that always say the same can be equal.")] = False,
    key_variable: Annotated[str, typer.Option(metavar="NAME", help="The variable that holds an API key of that Flowise.")] = KEY_VARIABLE,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Compare the answers of this queue's finished predictions with those of a running Flowise that has the same flows.

    What users ask is never held up: finished jobs are read, and asked again there in chats of their own (shadow-…). Only flows that
    do nothing but answer take part. Exit status 0: no difference; 1: there are some; 2: nothing could be compared.
    """
    from flowisectl.cli.output import show, write_json
    from flowisectl.cli.views.shadow import shadow_view

    settings, environment = read_settings(env_file, data_dir)
    key = os.environ.get(key_variable) or environment.values.get(key_variable, "")
    chosen = _made(settings, against, key, percent=percent, rate=rate, limit=limit, since=since, flow=flow, follow=follow, text=text)
    made = asyncio.run(chosen)
    try:
        asyncio.run(made.run())
    except KeyboardInterrupt:
        if not follow:
            raise
    report = made.report
    if as_json:
        write_json(report.to_json())
    else:
        show(shadow_view(report))
    raise typer.Exit(2 if not report.asked else 0 if report.is_equal else 1)


async def _made(
    settings: Settings, url: str, key: str, *, percent: float, rate: float, limit: int, since: str, flow: str, follow: bool, text: bool
) -> Shadow:
    from flowisectl.cli.connections import is_without_queue
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.cli.job_reading import filter_of
    from flowisectl.cli.shadowing.comparing import Shadow, ShadowOptions

    _check_address(url)
    if is_without_queue(settings):
        raise CommandFailed("finished predictions are read from the queue, and there is none: MODE=queue with REDIS_URL keeps them")
    wanted = await filter_of(settings, flow=flow, since=since)
    options = ShadowOptions(
        url=url.rstrip("/"),
        api_key=key,
        percent=percent,
        per_second=rate,
        limit=limit,
        since_ms=wanted.since_ms,
        flow_id=wanted.flow_id,
        with_text=text,
        follows=follow,
    )
    return Shadow(settings, options)


def _check_address(url: str) -> None:
    from urllib.parse import urlsplit

    from flowisectl.cli.failure import CommandFailed

    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address:
        raise CommandFailed("--against is no address: write http://host:port")
    if parts.username or parts.password:
        raise CommandFailed("--against holds a password, which everybody on this machine can see: give an API key by --key-variable")
