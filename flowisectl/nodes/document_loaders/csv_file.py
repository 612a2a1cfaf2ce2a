"""The rows of CSV files."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, given_metadata
from flowisectl.retrieval.file_formats import decoded, with_source
from flowisectl.retrieval.loading import as_text, loaded
from flowisectl.retrieval.long_work import in_thread
from flowisectl.retrieval.tables import csv_documents


class CsvFile(Node):
    definition = NodeDefinition(
        name="csvFile",
        label="Csv File",
        category="Document Loaders",
        version=3.0,
        base_classes=("Document",),
        description="The rows of CSV files, one document for each",
        inputs=(
            NodeParam("csvFile", "Csv File", "file"),
            SPLITTER,
            NodeParam("columnName", "Single Column Extraction", "string", optional=True),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("csvFile", inputs, context)
        column = inputs.text("columnName").strip()
        given = given_metadata(inputs)

        def work() -> list[Document]:
            rows = [row for file in files for row in csv_documents(decoded(file.data), column=column, name=file.name)]
            # In this loader the document's own metadata wins over the node's.
            whole = [Document(page_content=row.page_content, metadata={**given, **with_source(row).metadata}) for row in rows]
            return loaded(whole, splitter=inputs.get("textSplitter"), omitted=inputs.text("omitMetadataKeys"), merged=given)

        documents = await in_thread(work)
        return as_text(documents) if inputs.output == "text" else documents
