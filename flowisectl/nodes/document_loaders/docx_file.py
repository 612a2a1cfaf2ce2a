"""The text of Word files."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.retrieval.file_formats import with_source
from flowisectl.retrieval.office_text import docx_documents


class DocxFile(Node):
    definition = NodeDefinition(
        name="docxFile",
        label="Docx File",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="The text of Word files, one document for each",
        inputs=(NodeParam("docxFile", "Docx File", "file"), SPLITTER, METADATA, OMIT),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("docxFile", inputs, context)

        def read() -> list[Document]:
            return [with_source(document) for file in files for document in docx_documents(file.data, name=file.name)]

        return await answer_of(inputs, read)
