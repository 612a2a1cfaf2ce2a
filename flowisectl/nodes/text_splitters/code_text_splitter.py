"""Cuts source code where its language begins something new."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.text_splitters._sizes import sizes
from flowisectl.retrieval.code_separators import SEPARATORS
from flowisectl.retrieval.splitting import RecursiveSplitter, TextSplitter


class CodeTextSplitter(Node):
    definition = NodeDefinition(
        name="codeTextSplitter",
        label="Code Text Splitter",
        category="Text Splitters",
        version=1.0,
        base_classes=("CodeTextSplitter", "TextSplitter", "BaseDocumentTransformer", "Runnable"),
        description="Cuts source code where its language begins something new",
        inputs=(
            NodeParam(
                "language",
                "Language",
                "options",
                options=(
                    Option("c", "c"),
                    Option("cobol", "cobol"),
                    Option("cpp", "cpp"),
                    Option("csharp", "csharp"),
                    Option("elixir", "elixir"),
                    Option("go", "go"),
                    Option("haskell", "haskell"),
                    Option("html", "html"),
                    Option("java", "java"),
                    Option("js", "js"),
                    Option("kotlin", "kotlin"),
                    Option("latex", "latex"),
                    Option("lua", "lua"),
                    Option("markdown", "markdown"),
                    Option("php", "php"),
                    Option("powershell", "powershell"),
                    Option("proto", "proto"),
                    Option("python", "python"),
                    Option("rst", "rst"),
                    Option("ruby", "ruby"),
                    Option("rust", "rust"),
                    Option("scala", "scala"),
                    Option("sol", "sol"),
                    Option("swift", "swift"),
                    Option("ts", "ts"),
                ),
            ),
            NodeParam("chunkSize", "Chunk Size", "number", default=1000, optional=True),
            NodeParam("chunkOverlap", "Chunk Overlap", "number", default=200, optional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> TextSplitter:
        language = inputs.text("language")
        if language not in SEPARATORS:
            raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}) does not know the language {language!r}: choose another one")
        size, overlap = sizes(inputs)
        return RecursiveSplitter(chunk_size=size, chunk_overlap=overlap, separators=SEPARATORS[language])
