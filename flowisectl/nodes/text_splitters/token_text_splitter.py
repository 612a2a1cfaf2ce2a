"""Cuts text by tokens."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.nodes.text_splitters._sizes import sizes
from flowisectl.retrieval.splitting import TextSplitter
from flowisectl.retrieval.token_splitting import TokenSplitter


class TokenTextSplitter(Node):
    """Tokens are estimated: the vocabularies that `encodingName` names would have to be fetched from the web."""

    definition = NodeDefinition(
        name="tokenTextSplitter",
        label="Token Text Splitter",
        category="Text Splitters",
        version=1.0,
        base_classes=("TokenTextSplitter", "TextSplitter", "BaseDocumentTransformer", "Runnable"),
        description="Cuts text by tokens, which are estimated",
        inputs=(
            NodeParam(
                "encodingName",
                "Encoding Name",
                "options",
                default="gpt2",
                options=(
                    Option("gpt2", "gpt2"),
                    Option("r50k_base", "r50k_base"),
                    Option("p50k_base", "p50k_base"),
                    Option("p50k_edit", "p50k_edit"),
                    Option("cl100k_base", "cl100k_base"),
                ),
            ),
            NodeParam("chunkSize", "Chunk Size", "number", default=1000, optional=True),
            NodeParam("chunkOverlap", "Chunk Overlap", "number", default=200, optional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> TextSplitter:
        size, overlap = sizes(inputs)
        return TokenSplitter(chunk_size=size, chunk_overlap=overlap)
