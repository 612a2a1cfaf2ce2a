"""What the nodes of text models share."""

from __future__ import annotations

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import CachedChatModel


def require_key(inputs: NodeInputs, field: str) -> str:
    """The API key in the node's credential. Raises MissingInput without one."""
    key = inputs.secret(field)
    if not key:
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no API key: choose a credential with {field!r} for it")
    return key


def cached(model: ChatModel, inputs: NodeInputs) -> ChatModel:
    """The model, behind the cache that is connected to the node, if there is one."""
    cache = inputs.get("cache")
    return model if cache is None else CachedChatModel(model, cache)
