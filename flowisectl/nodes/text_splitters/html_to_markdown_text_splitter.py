"""Turns HTML into Markdown and cuts it at its headers."""

from __future__ import annotations

from dataclasses import dataclass

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.text_splitters._sizes import sizes
from flowisectl.retrieval.code_separators import SEPARATORS
from flowisectl.retrieval.splitting import RecursiveSplitter, TextSplitter
from flowisectl.retrieval.web_page import to_markdown


@dataclass(frozen=True)
class _HtmlSplitter:
    markdown: TextSplitter

    def split_text(self, text: str) -> list[str]:
        return self.markdown.split_text(to_markdown(text))


class HtmlToMarkdownTextSplitter(Node):
    definition = NodeDefinition(
        name="htmlToMarkdownTextSplitter",
        label="HtmlToMarkdown Text Splitter",
        category="Text Splitters",
        version=1.0,
        base_classes=(
            "HtmlToMarkdownTextSplitter",
            "MarkdownTextSplitter",
            "RecursiveCharacterTextSplitter",
            "TextSplitter",
            "BaseDocumentTransformer",
            "Runnable",
        ),
        description="Turns HTML into Markdown and cuts it at its headers",
        inputs=(
            NodeParam("chunkSize", "Chunk Size", "number", default=1000, optional=True),
            NodeParam("chunkOverlap", "Chunk Overlap", "number", default=200, optional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> TextSplitter:
        size, overlap = sizes(inputs)
        return _HtmlSplitter(RecursiveSplitter(chunk_size=size, chunk_overlap=overlap, separators=SEPARATORS["markdown"]))
