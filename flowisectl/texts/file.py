"""The file of texts that take the place of built-in ones: a JSON object, name → text (for lists: name → list)."""

from __future__ import annotations

import difflib
from pathlib import Path

import orjson

from flowisectl.texts.table import TABLE
from flowisectl.texts.text import BuiltInTexts

MOST_BYTES = 1 << 20


class BrokenTexts(ValueError):
    """The file cannot be used; the text says why and what to do, without the file's name."""


def read_texts(path: Path) -> BuiltInTexts:
    """The texts in force with this file. Raises BrokenTexts."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BrokenTexts(f"it cannot be read: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise BrokenTexts(f"it is larger than {MOST_BYTES >> 20} MB")
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BrokenTexts(f"it is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BrokenTexts("it must be a JSON object, name → text")
    return BuiltInTexts(replaced={name: _checked(name, value) for name, value in found.items()})


def _checked(name: str, value: object) -> object:
    text = TABLE.get(name)
    if text is None:
        alike = difflib.get_close_matches(name, TABLE, 1)
        hint = f"do you mean {alike[0]}?" if alike else "`flowisectl texts list` shows the names"
        raise BrokenTexts(f"there is no built-in text {name[:100]!r}: {hint}")
    try:
        return text.check(value)
    except ValueError as error:
        raise BrokenTexts(f"the text {name!r} cannot be used: {error}") from error
