"""The text of PowerPoint files, one document for each slide."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of_files
from flowisectl.retrieval.reading import pptx_file


class MicrosoftPowerpoint(Node):
    definition = NodeDefinition(
        name="microsoftPowerpoint",
        label="Microsoft PowerPoint",
        category="Document Loaders",
        version=1.0,
        base_classes=("Document",),
        description="The text of PowerPoint files, one document for each slide",
        inputs=(NodeParam("powerpointFile", "PowerPoint File", "file", file_type=".pptx, .ppt"), SPLITTER, METADATA, OMIT),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("powerpointFile", inputs, context)
        return await answer_of_files(inputs, files, pptx_file)
