"""`flowisectl env explain`: every variable, the value in force, where it comes from, who reads it, and what is odd about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from flowisectl.cli.completion import complete_variable
from flowisectl.cli.options import AsJson, DataDir, EnvFile, given_environment

if TYPE_CHECKING:
    from pathlib import Path

    from config.env import Environment
    from config.variables import Variable
    from flowisectl.cli.views.env import Explained

app = typer.Typer(help="What the settings in force are.", no_args_is_help=True)
HIDDEN = "(set, hidden)"


@app.callback()
def _group() -> None:
    """Keeps `explain` a command of its own name while it is the only one."""


@app.command()
def explain(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...", help="Only these variables, or those whose names have this part.", autocompletion=complete_variable
        ),
    ] = None,
    only_set: Annotated[bool, typer.Option("--set", help="Only variables that are set.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Explain the settings. Exit status 0: nothing is odd; 1: there are doubts; 2: a value is not allowed."""
    from dataclasses import asdict

    from flowisectl.cli.failure import CommandFailed
    from flowisectl.cli.output import show, write_json
    from flowisectl.cli.views.env import env_view

    rows, unknown = explained(given_environment(env_file), data_dir)
    if names:
        parts = [name.upper() for name in names]
        rows = [row for row in rows if any(part in row.name for part in parts)]
        unknown = [row for row in unknown if any(part in row.name for part in parts)]
        if absent := [part for part in parts if not any(part in row.name for row in (*rows, *unknown))]:
            raise CommandFailed(f"no variable is named {', '.join(absent)}: `flowisectl env explain` lists all")
    if only_set:
        rows = [row for row in rows if row.source]
    if as_json:
        write_json({"variables": [asdict(row) for row in rows], "unknown": [asdict(row) for row in unknown]})
    else:
        show(env_view(rows, unknown, in_full=bool(names)))
    raise typer.Exit(2 if any(row.wrong for row in rows) else int(bool(unknown) or any(row.trap for row in rows)))


def explained(environment: Environment, data_dir: Path | None) -> tuple[list[Explained], list[Explained]]:
    """A row for each known variable, and one for each name that nobody reads."""
    from config.env import PROCESS, SettingError, to_settings
    from config.explanations import UNITS, readers_of, traps, unknown_names
    from config.variables import SECTIONS
    from flowisectl.cli.views.env import Explained

    wrong = {variable.name: why for section in SECTIONS for variable in section.variables if (why := _wrong(variable, environment))}
    allowed = replace(environment, values={name: value for name, value in environment.values.items() if name not in wrong})
    try:
        odd = traps(to_settings(allowed, data_dir=data_dir), allowed.values)
    except SettingError as error:  # what more than one variable decides
        odd = {str(error).split(" ", 1)[0]: str(error)}
    rows = []
    for section in SECTIONS:
        for variable in section.variables:
            text = environment.values.get(variable.name)
            trap = odd.get(variable.name, "")
            if text is not None and not variable.is_used:
                trap = "it has no effect in this version"
            rows.append(
                Explained(
                    section=section.title,
                    name=variable.name,
                    value=variable.default if text is None else HIDDEN if variable.is_secret else text,
                    source=environment.sources.get(variable.name, ""),
                    readers=readers_of(variable),
                    about=variable.about,
                    unit=UNITS.get(variable.name, ""),
                    trap=trap,
                    wrong=wrong.get(variable.name, ""),
                )
            )
    unknown = [
        Explained(section="", name=row.name, value="", source=environment.sources[row.name], readers="", about="", unit="", trap=row.reason)
        for row in unknown_names(environment.values, environment.sources, PROCESS)
    ]
    return rows, unknown


def _wrong(variable: Variable, environment: Environment) -> str:
    """Why the value cannot be used; empty when it can, or is not set."""
    text = environment.values.get(variable.name)
    if text is None:
        return ""
    try:
        variable.read(text)
    except ValueError as error:
        return f"not allowed: {error}"
    return ""
