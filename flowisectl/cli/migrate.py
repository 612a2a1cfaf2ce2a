"""`flowisectl migrate`: what moving here from Flowise takes."""

from __future__ import annotations

import asyncio

import typer

from flowisectl.cli.options import AsJson, DataDir, EnvFile, given_environment

app = typer.Typer(help="Move here from Flowise.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Move here from Flowise."""


@app.command()
def check(as_json: AsJson = False, data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """Look at a Flowise installation (its .env, database, key, files, Redis) without writing anything, and tell what would run.

    Exit status 0: everything runs; 1: there are warnings; 2: it cannot be taken over like this.
    """
    from flowisectl.cli.output import show, write_json
    from flowisectl.cli.takeover.examination import examine_takeover
    from flowisectl.cli.views.takeover import takeover_view

    takeover = asyncio.run(examine_takeover(given_environment(env_file), data_dir=data_dir))
    if as_json:
        write_json(takeover.to_json())
    else:
        show(takeover_view(takeover))
    raise typer.Exit(int(takeover.level))
