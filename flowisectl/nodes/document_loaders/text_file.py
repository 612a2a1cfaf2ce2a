"""The text of text files."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of_files
from flowisectl.retrieval.reading import text_file

_ENDINGS = (
    ".txt, .html, .aspx, .asp, .cpp, .c, .cs, .css, .go, .h, .java, .js, .less, .ts, .php, .proto, .python, .py, .rst, .ruby, .rb, .rs, "
    ".scala, .sc, .scss, .sol, .sql, .swift, .markdown, .md, .tex, .ltx, .vb, .xml"
)


class TextFile(Node):
    definition = NodeDefinition(
        name="textFile",
        label="Text File",
        category="Document Loaders",
        version=3.0,
        base_classes=("Document",),
        description="The text of text files",
        inputs=(NodeParam("txtFile", "Txt File", "file", file_type=_ENDINGS), SPLITTER, METADATA, OMIT),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("txtFile", inputs, context)
        return await answer_of_files(inputs, files, text_file)
