"""The inputs of an agentflow node, read strictly: a value of another type than its input has is an error that names the node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError

_SHOWN = 80


class StepInputs(NodeInputs):
    """Numbers may be text, and rows JSON text; an empty text means unset. Nothing else is taken for what it is not."""

    def number(self, name: str, default: float | None = None) -> float | None:
        """Raises FlowError for what is no number."""
        value = self.get(name)
        number = super().number(name)
        if number is None and value is not None:
            raise wrong_input(self, name, "a number", value)
        return default if number is None else number

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """Raises FlowError for what is no list, or has an entry that is no object."""
        value = self.get(name)
        rows = self.json(name)
        if not isinstance(rows, list):
            if value is None:
                return []
            raise wrong_input(self, name, "a list of rows", value)
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, Mapping):
                raise wrong_input(self, name, f"a list of rows; its row {number} must be an object", row)
        return rows


def wrong_input(inputs: NodeInputs, name: str, wanted: str, value: Any) -> FlowError:
    """The error for an input that has another type than it should have."""
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return FlowError(f"node {inputs.node_id!r} ({inputs.label}): its input {name!r} must be {wanted}, not {shown}; correct it")


def component_config(inputs: NodeInputs, name: str, values: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """The settings of the component that a node, or one of its rows (`values`), names in the input `name`. Raises FlowError."""
    config = (inputs.values if values is None else values).get(f"{name}Config")
    if config is None or config == "":
        return {}
    if not isinstance(config, Mapping):
        raise wrong_input(inputs, f"{name}Config", "an object", config)
    return config
