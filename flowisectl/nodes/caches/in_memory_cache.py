"""Keeps a model's answers to equal questions, for all runs of the flow."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.cache import TextCache


class InMemoryCache(Node):
    definition = NodeDefinition(
        name="inMemoryCache",
        label="InMemory Cache",
        category="Cache",
        version=1.0,
        base_classes=("InMemoryCache", "BaseCache"),
        description="Keeps a model's answers to equal questions, for all runs of the flow",
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> TextCache:
        return context.text_cache
