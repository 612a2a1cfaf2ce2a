"""The texts of JSON files."""

from __future__ import annotations

from functools import partial

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of_work, given_metadata
from flowisectl.retrieval.reading import json_texts


class JsonFile(Node):
    definition = NodeDefinition(
        name="jsonFile",
        label="Json File",
        category="Document Loaders",
        version=3.1,
        base_classes=("Document",),
        description="The texts of JSON files, or one document for each object",
        inputs=(
            NodeParam("jsonFile", "Json File", "file", file_type=".json"),
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
        work = partial(
            json_texts,
            files,
            pointers=inputs.text("pointersName"),
            by_object=inputs.flag("separateByObject"),
            metadata=given_metadata(inputs),
        )
        return await answer_of_work(inputs, files, work)
