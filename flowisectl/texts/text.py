"""What a built-in text is, and the texts that are in force."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_NOTHING = re.compile(r"(?!)")
MOST_CHARS = 100_000
"""How long a text may be that takes the place of a built-in one."""


@dataclass(frozen=True, kw_only=True)
class BuiltInText:
    """A text with placeholders such as `{question}`. Every other brace is text, as it stands."""

    name: str
    purpose: str
    """Who gets it, and when."""
    ours: str
    placeholders: tuple[str, ...] = ()
    """Those that must be there."""
    optional: tuple[str, ...] = ()
    """Those that are filled in as well."""

    def check(self, value: Any) -> str:
        """The value, when it can take the text's place. Raises ValueError, which says what is wrong with it."""
        if not isinstance(value, str) or not value.strip():
            raise ValueError("it must be a text that is not empty")
        if len(value) > MOST_CHARS:
            raise ValueError(f"it has {len(value):,} characters, at most {MOST_CHARS:,} are allowed")
        missing = [f"{{{name}}}" for name in self.placeholders if f"{{{name}}}" not in value]
        if missing:
            raise ValueError(f"it lacks {', '.join(missing)}")
        return value


@dataclass(frozen=True, kw_only=True)
class BuiltInRows:
    """A list of objects that clients get."""

    name: str
    purpose: str
    ours: tuple[Mapping[str, Any], ...] = ()

    def check(self, value: Any) -> tuple[Mapping[str, Any], ...]:
        """The value, when it can take the list's place. Raises ValueError, which says what is wrong with it."""
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise ValueError("it must be a list of objects")
        return tuple(value)


@dataclass(frozen=True, kw_only=True)
class BuiltInTexts:
    """The texts in force: ours, and what was put in the place of some."""

    replaced: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Name → value, checked."""

    def of(self, text: BuiltInText) -> str:
        """The text as it stands: `filled` puts the values in."""
        found: str = self.replaced.get(text.name, text.ours)
        return found

    def template(self, text: BuiltInText) -> str:
        """The text as a template of a prompt node, where literal braces are doubled."""
        return _doubled(self.of(text), (*text.placeholders, *text.optional))

    def rows(self, rows: BuiltInRows) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self.replaced.get(rows.name, rows.ours)
        return found


OURS = BuiltInTexts()


def filled(template: str, **values: str) -> str:
    """The template with its names filled in, once: braces in the values, and all others, stay text."""
    return _names(values).sub(lambda found: values[found[1]], template)


def _doubled(text: str, names: Sequence[str]) -> str:
    pieces: list[str] = []
    end = 0
    for found in _names(names).finditer(text):
        pieces += [_escaped(text[end : found.start()]), found[0]]
        end = found.end()
    return "".join((*pieces, _escaped(text[end:])))


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _names(names: Sequence[str] | Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(r"\{(" + "|".join(map(re.escape, names)) + r")\}") if names else _NOTHING
