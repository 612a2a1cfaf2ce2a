"""Templates with single-brace variables, and the prompts that are made of them.

`{name}` is a variable, `{{` and `}}` stand for literal braces, and braces around a colon (`{"a": 1}`) are literal text, so
that prompts may show JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Protocol

import orjson

from flowisectl.interfaces.message import ChatMessage, Role
from flowisectl.texts.text import filled

_CACHED_CHARS = 20_000


def variables_of(template: str) -> tuple[str, ...]:
    """The variables that a template asks for, each once.

    A doubled pair counts twice, `{{x}}` as `x` and `{x}`: clients of Flowise know its error text, which lists both.
    """
    found: dict[str, None] = {}
    opened: list[int] = []
    for index, char in enumerate(template):
        if char in "{}" and index and template[index - 1] == "\\":
            continue
        if char == "{":
            opened.append(index + 1)
        elif char == "}" and opened:
            name = template[opened.pop() : index]
            if ":" not in name:
                found[name] = None
    return tuple(found)


def format_template(template: str, values: Mapping[str, Any]) -> str:
    """The template with its variables filled in. A variable without a value stays as it is written."""
    parts = _parse_kept(template) if len(template) <= _CACHED_CHARS else _parse(template)
    texts: list[str] = []
    for literal, name in parts:
        texts.append(literal)
        if name is not None:
            value = values.get(name, values.get(name.strip()))
            texts.append("{" + name + "}" if value is None else as_text(value))
    return "".join(texts)


def as_text(value: Any) -> str:
    """A value as it goes into a prompt: JSON for what is no text."""
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _parse(template: str) -> tuple[tuple[str, str | None], ...]:
    """(literal text, variable or None) in turn."""
    parts: list[tuple[str, str | None]] = []
    literal: list[str] = []
    opened: list[bool] = []  # of each literal brace that is open: whether it was doubled
    index, length = 0, len(template)
    while index < length:
        char = template[index]
        if char == "{":
            end = _end_of_variable(template, index)
            if template.startswith("{{", index):
                opened.append(True)
                index += 1
            elif end:
                parts.append(("".join(literal), template[index + 1 : end]))
                literal.clear()
                index = end + 1
                continue
            else:
                opened.append(False)
        elif char == "}" and ((opened.pop() if opened else True) and template.startswith("}}", index)):
            index += 1
        literal.append(char)
        index += 1
    parts.append(("".join(literal), None))
    return tuple(parts)


_parse_kept = lru_cache(maxsize=256)(_parse)


def _end_of_variable(template: str, start: int) -> int:
    """Where the variable that opens at `start` closes, or 0 when the brace is literal."""
    end = template.find("}", start)
    if end < 0:
        return 0
    name = template[start + 1 : end]
    return end if name.strip() and ":" not in name and "{" not in name and not name.endswith("\\") else 0


class Prompt(Protocol):
    """What prompt nodes hand to chains."""

    @property
    def variables(self) -> tuple[str, ...]: ...

    @property
    def values(self) -> Mapping[str, Any]:
        """Values that the prompt node was given for some of its variables."""
        ...

    def with_instructions(self, instructions: str) -> Prompt:
        """The prompt with an output parser's format instructions in it."""
        ...

    def messages(self, values: Mapping[str, Any]) -> list[ChatMessage]:
        """The prompt with its variables filled in."""
        ...


@dataclass(frozen=True, kw_only=True)
class TextPrompt:
    """One text; a chat model gets it as the user's message."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    instructions: str = ""

    @property
    def variables(self) -> tuple[str, ...]:
        return variables_of(self.template)

    def with_instructions(self, instructions: str) -> TextPrompt:
        return replace(self, instructions=instructions)

    def text(self, values: Mapping[str, Any]) -> str:
        text = format_template(self.template, values)
        return f"{text}\n{self.instructions}" if self.instructions else text

    def messages(self, values: Mapping[str, Any]) -> list[ChatMessage]:
        return [ChatMessage(role="user", content=self.text(values))]


@dataclass(frozen=True, kw_only=True)
class PlainPrompt(TextPrompt):
    """One text in which only these names are variables; every other brace is text, as it stands."""

    names: tuple[str, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        return self.names

    def text(self, values: Mapping[str, Any]) -> str:
        text = filled(self.template, **{name: as_text(values[name]) for name in self.names})
        return f"{text}\n{self.instructions}" if self.instructions else text


@dataclass(frozen=True, kw_only=True)
class ChatPrompt:
    """Messages: a system template, finished messages, a user's template; in this order, any of them may be missing."""

    system: str = ""
    history: Sequence[ChatMessage] = ()
    human: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    instructions: str = ""

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*variables_of(self.system), *variables_of(self.human))))

    def with_instructions(self, instructions: str) -> ChatPrompt:
        return replace(self, instructions=instructions)

    def messages(self, values: Mapping[str, Any]) -> list[ChatMessage]:
        system = format_template(self.system, values)
        if self.instructions:
            system = f"{system}\n{self.instructions}"
        return [*_message("system", system), *self.history, *_message("user", format_template(self.human, values))]


@dataclass(frozen=True, kw_only=True)
class FewShotPrompt:
    """A text with worked examples in the middle."""

    examples: Sequence[Mapping[str, Any]]
    example: TextPrompt
    prefix: str = ""
    suffix: str = ""
    separator: str = "\n\n"
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*variables_of(self.prefix), *variables_of(self.suffix))))

    def with_instructions(self, instructions: str) -> FewShotPrompt:
        return replace(self, example=self.example.with_instructions(instructions))

    def messages(self, values: Mapping[str, Any]) -> list[ChatMessage]:
        shown = [self.example.text({**self.example.values, **item}) for item in self.examples]
        texts = [format_template(self.prefix, values), *shown, format_template(self.suffix, values)]
        return [ChatMessage(role="user", content=self.separator.join(text for text in texts if text))]


def _message(role: Role, text: str) -> list[ChatMessage]:
    return [ChatMessage(role=role, content=text)] if text else []
