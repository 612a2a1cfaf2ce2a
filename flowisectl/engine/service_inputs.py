"""What the nodes of outside services read alike: the key out of the credential; headers, words and the time limit out of the inputs."""

from __future__ import annotations

from collections.abc import Mapping

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput


def require_key(inputs: NodeInputs, field: str) -> str:
    """A field of the node's credential, such as its API key. Raises MissingInput without it."""
    key = inputs.secret(field)
    if not key:
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no API key: choose a credential with {field!r} for it")
    return key


def headers_of(inputs: NodeInputs, name: str = "baseOptions") -> dict[str, str]:
    """The HTTP headers in a JSON input; anything but an object counts as none."""
    value = inputs.json(name)
    return {str(key): str(text) for key, text in value.items()} if isinstance(value, Mapping) else {}


def words_of(inputs: NodeInputs, name: str) -> list[str]:
    """The texts between commas in an input, such as stop words; a request may also give a list of them."""
    given = inputs.get(name)
    words = [str(word) for word in given] if isinstance(given, list) else inputs.text(name).split(",")
    return [word.strip() for word in words if word.strip()]


def timeout_seconds(inputs: NodeInputs) -> float | None:
    """The input `timeout`, which is in milliseconds."""
    milliseconds = inputs.number("timeout")
    return milliseconds / 1000 if milliseconds else None
