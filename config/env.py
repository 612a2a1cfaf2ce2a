"""Reads the environment and `.env` files into `Settings`.

A later source wins: the project's `.env` in the working directory, the file given with `--env-file`, the process environment.
An empty text counts as unset in each of them, since container tools pass an unset variable so.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from config.settings import HOME, Settings
from config.variables import VARIABLES, Variable

PROCESS = "environment"
_DEFAULT_PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306}


class SettingError(ValueError):
    """A variable, or a file of variables, cannot be used. The text names it and what is allowed."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The variables in force. Values may be secret, so they are no part of the repr."""

    values: Mapping[str, str] = field(repr=False)
    sources: Mapping[str, str]
    """Where each came from: `environment`, or the path of a file."""


def read_environment(env_file: Path | None, environ: Mapping[str, str], cwd: Path) -> Environment:
    """Lay the sources over each other. Raises SettingError for a file that is missing (if it was asked for) or broken."""
    layers: list[tuple[str, Mapping[str, str]]] = []
    project_file = cwd / ".env"
    if project_file.is_file():
        layers.append((str(project_file), _read_file(project_file)))
    if env_file is not None:
        if not env_file.is_file():
            raise SettingError(f"--env-file {env_file}: there is no such file")
        layers.append((str(env_file), _read_file(env_file)))
    layers.append((PROCESS, environ))
    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    for source, layer in layers:
        for name, value in layer.items():
            if value != "":
                values[name] = value
                sources[name] = source
    return Environment(values=values, sources=sources)


def load_settings(env_file: Path | None, environ: Mapping[str, str], cwd: Path, *, data_dir: Path | None = None) -> Settings:
    """Every role's settings. Raises SettingError, which names the variable, its value and what is allowed."""
    return to_settings(read_environment(env_file, environ, cwd), data_dir=data_dir)


def to_settings(environment: Environment, *, data_dir: Path | None = None) -> Settings:
    """Turn variables into settings. `data_dir` stands in for `~/.flowise` where a path is not set by itself."""
    groups: dict[str, dict[str, Any]] = {}
    for variable in VARIABLES:
        if variable.name in environment.values:
            group, _, name = variable.field.rpartition(".")
            value = _value(variable, environment)
            fields = groups.setdefault(group, {})
            # Where two names set one switch, either turns it on.
            fields[name] = fields.get(name, False) or value if isinstance(value, bool) else value
    _add_derived(groups, environment, data_dir)
    defaults = Settings()
    changed = {group: replace(getattr(defaults, group), **fields) for group, fields in groups.items() if group}
    return replace(defaults, **groups.get("", {}), **changed)


def _value(variable: Variable, environment: Environment) -> Any:
    text = environment.values[variable.name]
    try:
        return variable.read(text)
    except ValueError as error:
        shown = variable.name if variable.is_secret else f"{variable.name}={text!r}"
        source = environment.sources[variable.name]
        where = "" if source == PROCESS else f" (in {source})"
        raise SettingError(f"{shown}{where} is not allowed: {error}") from error


def _add_derived(groups: dict[str, dict[str, Any]], environment: Environment, data_dir: Path | None) -> None:
    """What more than one variable, or a flag, decides."""
    values = environment.values
    if "REDIS_URL" in values or "REDIS_HOST" in values:
        groups.setdefault("redis", {})["is_configured"] = True
    if values.get("NODE_ENV") == "production":
        groups.setdefault("http", {})["is_production"] = True
    folder = (data_dir or HOME).expanduser().absolute()
    groups.setdefault("database", {}).setdefault("path", folder)
    groups.setdefault("secrets", {}).setdefault("path", folder)
    groups.setdefault("storage", {}).setdefault("path", folder / "storage")
    database = groups.setdefault("database", {})
    kind = database.get("type", "sqlite")
    if kind in _DEFAULT_PORTS:
        database.setdefault("port", _DEFAULT_PORTS[kind])
        for name in ("DATABASE_HOST", "DATABASE_NAME", "DATABASE_USER"):
            if name not in values:
                raise SettingError(f"{name} is missing: DATABASE_TYPE={kind} needs it")


def _read_file(path: Path) -> Mapping[str, str]:
    from dotenv.parser import parse_stream

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingError(f"{path} cannot be read: {reason}") from error
    found: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            # The line itself may hold a secret, so only its number is shown.
            line = _line_of(binding.original.line, binding.original.string)
            raise SettingError(f"{path}, line {line}: write NAME=value, or # before a comment")
        if binding.key is not None:
            found[binding.key] = binding.value or ""
    return found


def _line_of(start: int, original: str) -> int:
    """The number of the first line of a binding that is not blank."""
    return start + len(original) - len(original.lstrip("\n")) if original.strip() else start
