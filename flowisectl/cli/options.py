"""The options that many commands share, and the settings that they lead to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from config.env import Environment
    from config.settings import Settings

EnvFile = Annotated[Path | None, typer.Option("--env-file", metavar="FILE", help="Read variables from this file, too; it beats ./.env.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="The folder of database, keys and files, in place of ~/.flowise."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def read_settings(env_file: Path | None, data_dir: Path | None, overrides: dict[str, str] | None = None) -> tuple[Settings, Environment]:
    """The settings in force, and the variables behind them. `overrides` are variables that a flag of the command line sets.

    Raises SettingError.
    """
    from config.env import to_settings

    environment = given_environment(env_file, overrides)
    return to_settings(environment, data_dir=data_dir), environment


def given_environment(env_file: Path | None, overrides: dict[str, str] | None = None) -> Environment:
    """The variables in force, whether their values are allowed or not. Raises SettingError for a file that cannot be read."""
    from config.env import read_environment

    return read_environment(env_file, {**os.environ, **(overrides or {})}, Path.cwd())
