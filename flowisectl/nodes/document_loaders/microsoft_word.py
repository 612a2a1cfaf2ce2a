"""The text of Word files, one document for each."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of_files
from flowisectl.retrieval.reading import docx_file


class MicrosoftWord(Node):
    definition = NodeDefinition(
        name="microsoftWord",
        label="Microsoft Word",
        category="Document Loaders",
        version=1.0,
        base_classes=("Document",),
        description="The text of Word files, one document for each",
        inputs=(NodeParam("docxFile", "Word File", "file", file_type=".docx, .doc"), SPLITTER, METADATA, OMIT),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("docxFile", inputs, context)
        return await answer_of_files(inputs, files, docx_file)
