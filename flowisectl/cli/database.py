"""`flowisectl database`: bring the schema up to date."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from flowisectl.cli.options import DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from config.settings import Settings

app = typer.Typer(help="Bring the database's schema up to date.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `migrate` a command of its own name while it is the only one."""


@app.command()
def migrate(data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """Make or update the schema; the server does the same at its start."""
    from flowisectl.cli.output import write_line

    settings, _ = read_settings(env_file, data_dir)
    write_line(asyncio.run(_migrate(settings)))


async def _migrate(settings: Settings) -> str:
    from flowisectl.cli.connections import open_command_database

    async with open_command_database(settings) as database:
        return f"{database.place} is up to date"
