"""What the nodes of embedding models share."""

from __future__ import annotations

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput


def require_key(inputs: NodeInputs, field: str) -> str:
    """The API key in the node's credential. Raises MissingInput without one."""
    key = inputs.secret(field)
    if not key:
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no API key: choose a credential with {field!r} for it")
    return key


def timeout_seconds(inputs: NodeInputs) -> float | None:
    """The input `timeout`, which is in milliseconds."""
    milliseconds = inputs.number("timeout")
    return milliseconds / 1000 if milliseconds else None


def extra_headers(inputs: NodeInputs) -> dict[str, str]:
    """`baseOptions`: an object of headers."""
    value = inputs.json("baseOptions")
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}
