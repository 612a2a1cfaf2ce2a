"""The typer application: one line for each group of commands, and the door that turns errors into exit statuses."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from flowisectl import __version__
from flowisectl.cli import (
    apikey,
    credentials,
    database,
    doctor,
    env,
    flows,
    health,
    job_steering,
    nodes,
    predict,
    scale,
    start,
    status,
    user,
)

app = typer.Typer(
    name="flowisectl",
    help="Serve Flowise flows: a main server, workers, and an all-in-one supervisor.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("start")(start.start)
app.command("start-worker")(start.start_worker)
app.command("scale")(scale.scale)
app.command("status")(status.status)
app.command("health")(health.health)
app.command("predict")(predict.predict)
app.command("doctor")(doctor.doctor)
app.add_typer(env.app, name="env")
app.add_typer(job_steering.app, name="jobs")
app.add_typer(flows.app, name="flows")
app.add_typer(apikey.app, name="apikey")
app.add_typer(user.app, name="user")
app.add_typer(credentials.app, name="credentials")
app.add_typer(nodes.app, name="nodes")
app.add_typer(database.app, name="database")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"flowisectl {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """Serve Flowise flows: a main server, workers, and an all-in-one supervisor."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line; gives the exit status. Errors are one line on standard error."""
    try:
        app(list(arguments), prog_name="flowisectl")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        from flowisectl.cli.failure import report

        return report(error)
    return 0


def main() -> None:
    sys.exit(run(sys.argv[1:]))
