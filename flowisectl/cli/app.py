"""The typer application: one line for each command and group, and the door that turns errors into exit statuses.

A module of commands is imported when its command is named, or when all of them are shown: a server keeps none but its own.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer

from flowisectl import __version__
from flowisectl.cli.quick_start import begin_quickly, end_quickly

COMMANDS = {
    "start": ("start", None),
    "start-worker": ("start", "Start a worker, which runs the flows."),
    "scale": ("scale", "Give an all-in-one more or fewer workers."),
    "status": ("status", None),
    "health": ("health", None),
    "predict": ("predict", None),
    "doctor": ("doctor", None),
    "shadow": ("shadow", "Compare answers with a Flowise that still runs."),
}
"""Name → the module that has the function of that name; and what the list of commands says, when that is not its first sentence."""
GROUPS = {
    "env": "env",
    "jobs": "job_steering",
    "flows": "flows",
    "apikey": "apikey",
    "user": "user",
    "credentials": "credentials",
    "nodes": "nodes",
    "database": "database",
    "migrate": "migrate",
    "texts": "texts",
}
"""Name → the module that has its `app`."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"flowisectl {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """Serve Flowise flows: a main server, workers, and an all-in-one supervisor."""


@cache
def app_with(named: str) -> typer.Typer:
    """The application with this command or group only; with all of them when there is none of that name."""
    is_known = named in COMMANDS or named in GROUPS
    app = typer.Typer(
        name="flowisectl",
        help="Serve Flowise flows: a main server, workers, and an all-in-one supervisor.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name, (module, short_help) in COMMANDS.items():
        if name == named or not is_known:
            app.command(name, short_help=short_help)(getattr(_module(module), name.replace("-", "_")))
    for name, module in GROUPS.items():
        if name == named or not is_known:
            app.add_typer(_module(module).app, name=name)
    return app


def _module(name: str) -> Any:
    return import_module(f"flowisectl.cli.{name}")


def __getattr__(name: str) -> typer.Typer:
    """`app`: the whole application, put together for whoever imports it."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return app_with("")


def run(arguments: Sequence[str]) -> int:
    """Run one command line; gives the exit status. Errors are one line on standard error."""
    begin_quickly()
    try:
        app_with(arguments[0] if arguments else "")(list(arguments), prog_name="flowisectl")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        from flowisectl.cli.failure import report

        return report(error)
    return 0


def main() -> NoReturn:
    end_quickly(run(sys.argv[1:]))
