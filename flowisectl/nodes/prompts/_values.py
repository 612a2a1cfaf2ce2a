"""The values that a prompt node is given for its variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow


def prompt_values(inputs: NodeInputs) -> Mapping[str, Any]:
    """`promptValues` as an object. Raises InvalidFlow when it is text that is no JSON object."""
    if inputs.get("promptValues") is None:
        return {}
    value = inputs.json("promptValues")
    if not isinstance(value, Mapping):
        raise InvalidFlow("Invalid JSON in the PromptTemplate's promptValues")
    return value
