"""The text of Word files."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of_files
from flowisectl.retrieval.reading import docx_file


class DocxFile(Node):
    definition = NodeDefinition(
        name="docxFile",
        label="Docx File",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="The text of Word files, one document for each",
        inputs=(NodeParam("docxFile", "Docx File", "file", file_type=".docx"), SPLITTER, METADATA, OMIT),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("docxFile", inputs, context)
        return await answer_of_files(inputs, files, docx_file)
