"""Inputs of the nodes that act in an account at a service: what kind of thing, which actions, arguments that are fixed for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.node import NodeParam, Option

Choices = Mapping[str, str]
"""Name → label."""


def options_of(choices: Choices) -> tuple[Option, ...]:
    return tuple(Option(label, name) for name, label in choices.items())


def kind_choice(name: str, kinds: Choices) -> NodeParam:
    return NodeParam(name, "Type", "options", options=options_of(kinds))


def action_choice(name: str, label: str, actions: Choices, **kind: str) -> NodeParam:
    """`kind` names the input and the value of it that these actions are for; without it they always are offered."""
    return NodeParam(name, label, "multiOptions", options=options_of(actions), show={field: [value] for field, value in kind.items()})


def fixed_argument(
    field: str, name: str, label: str, *actions: str, type: str = "string", kind: Mapping[str, str] | None = None, **more: Any
) -> NodeParam:
    """An input that fixes an argument of some actions, which are those that `field` chooses; without any, of all of a `kind`."""
    show = {**{choice: [value] for choice, value in (kind or {}).items()}, **({field: [*actions]} if actions else {})}
    return NodeParam(name, label, type, optional=True, additional=True, show=show, **more)
