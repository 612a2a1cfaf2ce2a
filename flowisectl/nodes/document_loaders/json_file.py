"""The texts of JSON files."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, given_metadata
from flowisectl.retrieval.file_formats import decoded, with_source
from flowisectl.retrieval.json_documents import json_documents
from flowisectl.retrieval.loading import as_text, loaded
from flowisectl.retrieval.long_work import in_thread


class JsonFile(Node):
    definition = NodeDefinition(
        name="jsonFile",
        label="Json File",
        category="Document Loaders",
        version=3.1,
        base_classes=("Document",),
        description="The texts of JSON files, or one document for each object",
        inputs=(
            NodeParam("jsonFile", "Json File", "file"),
            SPLITTER,
            NodeParam("separateByObject", "Separate by JSON Object (JSON Array)", "boolean", optional=True, additional=True),
            NodeParam(
                "pointersName", "Pointers Extraction (separated by commas)", "string", optional=True, hide={"separateByObject": True}
            ),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("jsonFile", inputs, context)
        given, by_object, pointers = given_metadata(inputs), inputs.flag("separateByObject"), inputs.text("pointersName")

        def work() -> list[Document]:
            found = [
                with_source(document)
                for file in files
                for document in json_documents(
                    decoded(file.data), pointers=pointers, by_object=by_object, metadata=given if by_object else None, name=file.name
                )
            ]
            # Of objects the node's metadata is in the documents already, with its pointers resolved.
            added, merged = ({}, given) if by_object else (given, {})
            splitter, omitted = inputs.get("textSplitter"), inputs.text("omitMetadataKeys")
            return loaded(found, splitter=splitter, metadata=added, omitted=omitted, merged=merged)

        documents = await in_thread(work)
        return as_text(documents) if inputs.output == "text" else documents
