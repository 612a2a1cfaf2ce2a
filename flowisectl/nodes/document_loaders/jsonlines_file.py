"""The lines of JSON Lines files."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, given_metadata
from flowisectl.retrieval.file_formats import decoded, with_source
from flowisectl.retrieval.json_documents import jsonl_documents
from flowisectl.retrieval.loading import as_text, loaded
from flowisectl.retrieval.long_work import in_thread


class JsonlinesFile(Node):
    definition = NodeDefinition(
        name="jsonlinesFile",
        label="Json Lines File",
        category="Document Loaders",
        version=3.0,
        base_classes=("Document",),
        description="One value of every line of JSON Lines files",
        inputs=(
            NodeParam("jsonlinesFile", "Jsonlines File", "file"),
            SPLITTER,
            NodeParam("pointerName", "Pointer Extraction", "string"),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("jsonlinesFile", inputs, context)
        pointer, given = str(inputs.require("pointerName")).strip(), given_metadata(inputs)

        def work() -> list[Document]:
            found = [
                with_source(document)
                for file in files
                for document in jsonl_documents(decoded(file.data), pointer=pointer, metadata=given, name=file.name)
            ]
            return loaded(found, splitter=inputs.get("textSplitter"), omitted=inputs.text("omitMetadataKeys"), merged=given)

        documents = await in_thread(work)
        return as_text(documents) if inputs.output == "text" else documents
