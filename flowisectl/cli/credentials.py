"""`flowisectl credentials`: does the encryption key open what is stored?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from config.settings import Settings
    from flowisectl.secrets.sealed_values import SealedValue

app = typer.Typer(help="Check stored credentials against the encryption key.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Check stored credentials against the encryption key."""


@app.command()
def check(as_json: AsJson = False, data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """List what the encryption key does not open; the exit status is 1 when there is anything. Nothing is written."""
    from dataclasses import asdict

    from flowisectl.cli.output import show, write_json
    from flowisectl.cli.views.sealed import sealed_view

    settings, _ = read_settings(env_file, data_dir)
    fingerprint, values = asyncio.run(_checked(settings))
    broken = [value for value in values if value.problem]
    if as_json:
        write_json({"key": fingerprint, "checked": len(values), "broken": [asdict(value) for value in broken]})
    else:
        show(sealed_view(fingerprint, values))
    if broken:
        raise typer.Exit(1)


async def _checked(settings: Settings) -> tuple[str, list[SealedValue]]:
    from flowisectl.database.connection import open_database
    from flowisectl.secrets.aws_secrets import named_secrets
    from flowisectl.secrets.encryption_key import encryption_key, fingerprint
    from flowisectl.secrets.sealed_values import sealed_values

    key = encryption_key(settings.secrets, create=False)
    async with open_database(settings.database, migrate=False) as database:
        return fingerprint(key), await sealed_values(database, key, named_secrets(settings.secrets))
