"""The two sizes that every splitter node has."""

from __future__ import annotations

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow


def sizes(inputs: NodeInputs) -> tuple[int, int]:
    """(chunk size, overlap). Raises InvalidFlow when a chunk could not go on after the overlap."""
    size, overlap = inputs.integer("chunkSize") or 1000, inputs.integer("chunkOverlap", 200) or 0
    if size <= 0 or overlap >= size:
        raise InvalidFlow(f"Cannot have chunkOverlap >= chunkSize: {overlap} >= {size} in node {inputs.node_id!r} ({inputs.label})")
    return size, max(overlap, 0)
