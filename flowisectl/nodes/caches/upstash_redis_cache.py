"""Keeps a model's answers to equal questions in an Upstash Redis."""

from __future__ import annotations

from flowisectl.clients.upstash_redis_cache import UpstashTextCache
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.cache import TextCache


class UpstashRedisCache(Node):
    definition = NodeDefinition(
        name="upstashRedisCache",
        label="Upstash Redis Cache",
        category="Cache",
        version=1.0,
        base_classes=("UpstashRedisCache", "BaseCache"),
        description="Keeps a model's answers to equal questions in an Upstash Redis",
        credential=CredentialParam(("upstashRedisApi",), optional=True),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> TextCache:
        url, token = (require_key(inputs, name).strip() for name in ("upstashConnectionUrl", "upstashConnectionToken"))
        return UpstashTextCache(context.http, url=url, token=token)
