"""Takes the texts over that somebody's own Flowise has in the places of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowisectl.texts.anchors import ANCHORS, Anchor
from flowisectl.texts.javascript import Expression, NoLiteral, data_at, text_at
from flowisectl.texts.packages import Package, Packages
from flowisectl.texts.text import BuiltInRows

MOST_BYTES = 8 << 20
_MOST_PLACES = 50


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What came of one text."""

    name: str
    value: Any = field(default=None, repr=False)
    """The text, or the list; None when there is none to take."""
    place: str = ""
    """Package, version and file."""
    trouble: str = ""
    """Why there is none."""


def take_over(folder: Path, anchors: Sequence[Anchor] = ANCHORS) -> list[Taken]:
    """What the packages in this folder have for each text, in the order of the anchors."""
    packages = Packages(folder)
    return [_taken(anchor, packages) for anchor in anchors]


def _taken(anchor: Anchor, packages: Packages) -> Taken:
    """The first of the packages that has the text."""
    troubles: list[str] = []
    for name in anchor.packages:
        package = packages.find(name)
        if package is None:
            troubles.append(f"there is no package {name}")
            continue
        place = f"{package.name} {package.version}"
        for file, source in _sources(package, anchor.files):
            place = f"{package.name} {package.version}, {file}"
            try:
                value = _value(anchor, source)
            except (NoLiteral, ValueError) as error:
                troubles.insert(0, f"{place}: {error}")
                continue
            return Taken(name=anchor.text.name, value=value, place=place)
        if len(place.split(", ")) == 1:
            troubles.insert(0, f"{place} has no {anchor.files[0]}")
    return Taken(name=anchor.text.name, trouble=troubles[0])


def _sources(package: Package, files: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in files:
        try:
            with (package.folder / name).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError:
            continue
        if len(data) <= MOST_BYTES:
            yield name, data.decode("utf-8", "replace")


def _value(anchor: Anchor, source: str) -> Any:
    """The value at the first place where it can be read. Raises ValueError, NoLiteral."""
    trouble: Exception = ValueError("the text is not where other versions have it")
    for number, found in enumerate(re.finditer(anchor.before, source)):
        if number == _MOST_PLACES:
            break
        try:
            if isinstance(anchor.text, BuiltInRows):
                value = data_at(source, found.end())
                anchor.text.check(value)
                return value
            return anchor.text.check(_text(anchor, text_at(source, found.end())))
        except (NoLiteral, ValueError) as error:
            trouble = error
    raise trouble


def _text(anchor: Anchor, pieces: Sequence[str | Expression]) -> str:
    """The pieces as a text of ours: our placeholders, and single braces."""
    return "".join(_placeholder(anchor, piece) if isinstance(piece, Expression) else _ours(anchor, piece) for piece in pieces)


def _ours(anchor: Anchor, text: str) -> str:
    for _ in range(anchor.doubled):
        text = text.replace("{{", "{").replace("}}", "}")
    for theirs, name in anchor.spelled.items():
        text = text.replace(theirs, f"{{{name}}}")
    return text


def _placeholder(anchor: Anchor, expression: Expression) -> str:
    for code, name in anchor.expressions.items():
        if re.fullmatch(code, expression.code, re.DOTALL):
            return f"{{{name}}}"
    raise NoLiteral(f"the text holds code that is not known: {expression.code[:60]!r}")
