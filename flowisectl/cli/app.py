"""The typer application: one line for each group of commands, and the door that turns errors into exit statuses."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

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
    migrate,
    nodes,
    predict,
    scale,
    shadow,
    start,
    status,
    user,
)
from flowisectl.cli.quick_start import begin_quickly, end_quickly


def _new_app() -> typer.Typer:
    return typer.Typer(
        name="flowisectl",
        help="Serve Flowise flows: a main server, workers, and an all-in-one supervisor.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


app = _new_app()
app.command("start")(start.start)
app.command("start-worker", short_help="Start a worker, which runs the flows.")(start.start_worker)
app.command("scale", short_help="Give an all-in-one more or fewer workers.")(scale.scale)
app.command("status")(status.status)
app.command("health")(health.health)
app.command("predict")(predict.predict)
app.command("doctor")(doctor.doctor)
app.command("shadow", short_help="Compare answers with a Flowise that still runs.")(shadow.shadow)
app.add_typer(env.app, name="env")
app.add_typer(job_steering.app, name="jobs")
app.add_typer(flows.app, name="flows")
app.add_typer(apikey.app, name="apikey")
app.add_typer(user.app, name="user")
app.add_typer(credentials.app, name="credentials")
app.add_typer(nodes.app, name="nodes")
app.add_typer(database.app, name="database")
app.add_typer(migrate.app, name="migrate")


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
    begin_quickly()
    try:
        _app_for(arguments)(list(arguments), prog_name="flowisectl")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        from flowisectl.cli.failure import report

        return report(error)
    return 0


def _app_for(arguments: Sequence[str]) -> typer.Typer:
    """The application with nothing but the command that is named: to put all of them together takes longer than most commands do."""
    named = arguments[0] if arguments else ""
    commands = [command for command in app.registered_commands if command.name == named]
    groups = [group for group in app.registered_groups if group.name == named]
    if not commands and not groups:
        return app
    slim = _new_app()
    slim.registered_callback = app.registered_callback
    slim.registered_commands, slim.registered_groups = commands, groups
    return slim


def main() -> NoReturn:
    end_quickly(run(sys.argv[1:]))
