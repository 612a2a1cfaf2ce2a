"""Cuts at blank lines, then at lines, then at words."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.text_splitters._sizes import sizes
from flowisectl.retrieval.splitting import RecursiveSplitter, TextSplitter


class RecursiveCharacterTextSplitter(Node):
    definition = NodeDefinition(
        name="recursiveCharacterTextSplitter",
        label="Recursive Character Text Splitter",
        category="Text Splitters",
        version=2.0,
        base_classes=("RecursiveCharacterTextSplitter", "TextSplitter", "BaseDocumentTransformer", "Runnable"),
        description="Cuts at blank lines, then at lines, then at words",
        inputs=(
            NodeParam("chunkSize", "Chunk Size", "number", default=1000, optional=True),
            NodeParam("chunkOverlap", "Chunk Overlap", "number", default=200, optional=True),
            NodeParam("separators", "Custom Separators", "string", optional=True, rows=4, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> TextSplitter:
        size, overlap = sizes(inputs)
        separators = inputs.json("separators")
        if inputs.get("separators") is None:
            return RecursiveSplitter(chunk_size=size, chunk_overlap=overlap)
        if not isinstance(separators, list) or not separators:
            raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): its separators must be a JSON array of texts")
        return RecursiveSplitter(chunk_size=size, chunk_overlap=overlap, separators=tuple(str(item) for item in separators))
