"""Cuts at one separator."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.text_splitters._sizes import sizes
from flowisectl.retrieval.splitting import CharacterSplitter, TextSplitter


class CharacterTextSplitter(Node):
    definition = NodeDefinition(
        name="characterTextSplitter",
        label="Character Text Splitter",
        category="Text Splitters",
        version=1.0,
        base_classes=("CharacterTextSplitter", "TextSplitter", "BaseDocumentTransformer", "Runnable"),
        description="Cuts at one separator",
        inputs=(
            NodeParam("chunkSize", "Chunk Size", "number", default=1000, optional=True),
            NodeParam("chunkOverlap", "Chunk Overlap", "number", default=200, optional=True),
            NodeParam("separator", "Custom Separator", "string", optional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> TextSplitter:
        size, overlap = sizes(inputs)
        return CharacterSplitter(chunk_size=size, chunk_overlap=overlap, separator=inputs.text("separator", "\n\n"))
