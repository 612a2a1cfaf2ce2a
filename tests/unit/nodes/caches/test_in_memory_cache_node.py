"""The cache node."""

from __future__ import annotations

from flowisectl.engine.node import NodeInputs
from flowisectl.nodes.caches.in_memory_cache import InMemoryCache
from flowisectl.testing import run_context


async def test_it_hands_on_the_cache_of_the_flow() -> None:
    context = run_context()

    assert await InMemoryCache().build(NodeInputs({}), context) is context.text_cache
