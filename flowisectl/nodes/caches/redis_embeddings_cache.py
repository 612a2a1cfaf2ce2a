"""Keeps vectors of texts in a Redis server."""

from __future__ import annotations

from flowisectl.clients.redis_cache import RedisEmbeddings
from flowisectl.clients.redis_service import redis_of
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.embeddings import Embeddings


class RedisEmbeddingsCache(Node):
    definition = NodeDefinition(
        name="redisEmbeddingsCache",
        label="Redis Embeddings Cache",
        category="Cache",
        version=1.0,
        base_classes=("RedisEmbeddingsCache", "Embeddings"),
        description="Keeps vectors of texts in a Redis server",
        credential=CredentialParam(("redisCacheApi", "redisCacheUrlApi"), optional=True),
        inputs=(
            NodeParam("embeddings", "Embeddings", "Embeddings"),
            NodeParam("ttl", "Time to Live (ms)", "number", default=3600, optional=True, step=10, additional=True),
            NodeParam("namespace", "Namespace", "string", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return RedisEmbeddings(
            redis_of(inputs.credential, who=f"node {inputs.node_id!r} ({inputs.label})"),
            inputs.require("embeddings"),
            namespace=inputs.text("namespace"),
            ttl_seconds=inputs.integer("ttl") or 3600,
        )
