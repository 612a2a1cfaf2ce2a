"""Cuts Markdown at its headers."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.nodes.text_splitters._sizes import sizes
from flowisectl.retrieval.code_separators import SEPARATORS
from flowisectl.retrieval.splitting import HeaderSplitter, RecursiveSplitter, TextSplitter


class MarkdownTextSplitter(Node):
    definition = NodeDefinition(
        name="markdownTextSplitter",
        label="Markdown Text Splitter",
        category="Text Splitters",
        version=1.1,
        base_classes=("MarkdownTextSplitter", "RecursiveCharacterTextSplitter", "TextSplitter", "BaseDocumentTransformer", "Runnable"),
        description="Cuts Markdown at its headers",
        inputs=(
            NodeParam("chunkSize", "Chunk Size", "number", default=1000, optional=True),
            NodeParam("chunkOverlap", "Chunk Overlap", "number", default=200, optional=True),
            NodeParam(
                "splitByHeaders",
                "Split by Headers",
                "options",
                default="disabled",
                optional=True,
                options=(
                    Option("Disabled", "disabled"),
                    Option("# Headers (H1)", "h1"),
                    Option("## Headers (H2)", "h2"),
                    Option("### Headers (H3)", "h3"),
                    Option("#### Headers (H4)", "h4"),
                    Option("##### Headers (H5)", "h5"),
                    Option("###### Headers (H6)", "h6"),
                ),
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> TextSplitter:
        level = inputs.text("splitByHeaders", "disabled")
        if level[:1] == "h" and level[1:].isdigit():
            return HeaderSplitter(level=int(level[1:]))
        size, overlap = sizes(inputs)
        return RecursiveSplitter(chunk_size=size, chunk_overlap=overlap, separators=SEPARATORS["markdown"])
