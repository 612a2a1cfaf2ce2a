"""The text of PDF files."""

from __future__ import annotations

from functools import partial

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, NO_LEGACY, OMIT, OUTPUTS, SPLITTER, answer_of_files
from flowisectl.retrieval.reading import pdf_file


class PdfFile(Node):
    definition = NodeDefinition(
        name="pdfFile",
        label="Pdf File",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="The text of PDF files, by page or by file",
        inputs=(
            NodeParam("pdfFile", "Pdf File", "file", file_type=".pdf"),
            SPLITTER,
            NodeParam(
                "usage",
                "Usage",
                "options",
                default="perPage",
                options=(Option("One document per page", "perPage"), Option("One document per file", "perFile")),
            ),
            NodeParam("legacyBuild", "Use Legacy Build", "boolean", optional=True, additional=True, description=NO_LEGACY),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("pdfFile", inputs, context)
        per_page = inputs.text("usage", "perPage") != "perFile"
        return await answer_of_files(inputs, files, partial(pdf_file, per_page=per_page))
