"""Keeps a model's answers to equal questions in a Redis server."""

from __future__ import annotations

from flowisectl.clients.redis_cache import RedisTextCache
from flowisectl.clients.redis_service import redis_of
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.cache import TextCache


class RedisCache(Node):
    definition = NodeDefinition(
        name="redisCache",
        label="Redis Cache",
        category="Cache",
        version=1.0,
        base_classes=("RedisCache", "BaseCache"),
        description="Keeps a model's answers to equal questions in a Redis server",
        credential=CredentialParam(("redisCacheApi", "redisCacheUrlApi"), optional=True),
        inputs=(NodeParam("ttl", "Time to Live (ms)", "number", optional=True, step=1, additional=True),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> TextCache:
        service = redis_of(inputs.credential, who=f"node {inputs.node_id!r} ({inputs.label})")
        return RedisTextCache(service, ttl_milliseconds=inputs.integer("ttl") or 0)
