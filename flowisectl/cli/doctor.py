"""`flowisectl doctor`: everything that a role needs, tried out, each line OK or what to do."""

from __future__ import annotations

import asyncio

import typer

from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings


def doctor(as_json: AsJson = False, data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """Try out what the service needs. Exit status 0: all is well; 1: there are warnings; 2: something does not work."""
    from flowisectl.cli.examination import examine
    from flowisectl.cli.output import show, write_json
    from flowisectl.cli.views.doctor import doctor_view

    settings, _ = read_settings(env_file, data_dir)
    results = asyncio.run(examine(settings))
    worst = max((result.level for result in results), default=0)
    if as_json:
        write_json([{"level": result.level.name.lower(), "what": result.what, "text": result.text} for result in results])
    else:
        show(doctor_view(results))
    raise typer.Exit(int(worst))
