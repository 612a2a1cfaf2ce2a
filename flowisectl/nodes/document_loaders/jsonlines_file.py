"""The lines of JSON Lines files."""

from __future__ import annotations

from functools import partial

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of_work, given_metadata
from flowisectl.retrieval.reading import json_lines


class JsonlinesFile(Node):
    definition = NodeDefinition(
        name="jsonlinesFile",
        label="Json Lines File",
        category="Document Loaders",
        version=3.0,
        base_classes=("Document",),
        description="One value of every line of JSON Lines files",
        inputs=(
            NodeParam("jsonlinesFile", "Jsonlines File", "file", file_type=".jsonl"),
            SPLITTER,
            NodeParam("pointerName", "Pointer Extraction", "string"),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("jsonlinesFile", inputs, context)
        work = partial(json_lines, files, pointer=str(inputs.require("pointerName")).strip(), metadata=given_metadata(inputs))
        return await answer_of_work(inputs, files, work)
