"""Writing to standard output: views for people, JSON and bare values for programs."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType


def show(view: RenderableType) -> None:
    """A view for people."""
    from flowisectl.cli.views.theme import make_console

    make_console(sys.stdout).print(view)


def write_json(value: Any) -> None:
    """JSON, indented; a dataclass becomes an object."""
    import orjson

    data = dataclasses.asdict(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value
    write_line(orjson.dumps(data, option=orjson.OPT_INDENT_2, default=str).decode())


def write_line(text: str) -> None:
    """A line of data: in UTF-8 where the locale's encoding lacks a character of it, as programs read it."""
    try:
        sys.stdout.write(f"{text}\n")
    except UnicodeEncodeError:
        sys.stdout.flush()
        sys.stdout.buffer.write(f"{text}\n".encode("utf-8", "backslashreplace"))
    sys.stdout.flush()


def write_piece(text: str) -> None:
    """A piece of an answer, for people, at once; what the locale's encoding lacks becomes `?`."""
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError as error:
        sys.stdout.write(text.encode(error.encoding, "replace").decode(error.encoding))
    sys.stdout.flush()


def warn(text: str) -> None:
    """One line on standard error; the command goes on."""
    sys.stderr.write(f"flowisectl: warning: {' '.join(text.split())}\n")
