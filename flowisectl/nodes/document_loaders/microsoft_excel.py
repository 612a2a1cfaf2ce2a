"""The rows of Excel files, one document for each."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of_files
from flowisectl.retrieval.reading import xlsx_file


class MicrosoftExcel(Node):
    definition = NodeDefinition(
        name="microsoftExcel",
        label="Microsoft Excel",
        category="Document Loaders",
        version=1.0,
        base_classes=("Document",),
        description="The rows of Excel files, one document for each",
        inputs=(NodeParam("excelFile", "Excel File", "file", file_type=".xlsx, .xls, .xlsm, .xlsb"), SPLITTER, METADATA, OMIT),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("excelFile", inputs, context)
        return await answer_of_files(inputs, files, xlsx_file)
