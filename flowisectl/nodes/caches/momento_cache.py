"""Keeps a model's answers to equal questions in a cache of Momento."""

from __future__ import annotations

from flowisectl.clients.momento_cache import MomentoTextCache
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.cache import TextCache


class MomentoCache(Node):
    definition = NodeDefinition(
        name="momentoCache",
        label="Momento Cache",
        category="Cache",
        version=1.0,
        base_classes=("MomentoCache", "BaseCache"),
        description="Keeps a model's answers to equal questions in a cache of Momento, for a day",
        credential=CredentialParam(("momentoCacheApi",), optional=True),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> TextCache:
        endpoint, key, cache = (require_key(inputs, name).strip() for name in ("momentoEndpoint", "momentoApiKey", "momentoCache"))
        return MomentoTextCache(context.http, endpoint=endpoint, api_key=key, cache=cache)
