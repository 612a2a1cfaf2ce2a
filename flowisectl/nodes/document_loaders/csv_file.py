"""The rows of CSV files."""

from __future__ import annotations

from functools import partial

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of_work, given_metadata
from flowisectl.retrieval.reading import csv_rows


class CsvFile(Node):
    definition = NodeDefinition(
        name="csvFile",
        label="Csv File",
        category="Document Loaders",
        version=3.0,
        base_classes=("Document",),
        description="The rows of CSV files, one document for each",
        inputs=(
            NodeParam("csvFile", "Csv File", "file", file_type=".csv"),
            SPLITTER,
            NodeParam("columnName", "Single Column Extraction", "string", optional=True),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("csvFile", inputs, context)
        work = partial(csv_rows, files, column=inputs.text("columnName").strip(), metadata=given_metadata(inputs))
        return await answer_of_work(inputs, files, work)
