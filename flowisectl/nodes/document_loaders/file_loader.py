"""The text of files of any kind."""

from __future__ import annotations

from functools import partial

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import NamedFile
from flowisectl.nodes.document_loaders._loading import METADATA, NO_LEGACY, OMIT, OUTPUTS, SPLITTER, answer_of_files
from flowisectl.retrieval.file_formats import FormatOptions
from flowisectl.retrieval.reading import any_file

OTHER_INPUTS = ("txtFile", "pdfFile", "docxFile", "csvFile", "jsonFile", "jsonlinesFile", "excelFile", "powerpointFile", "yamlFile")
"""What clients that upload a file may call the input instead, as the loaders of one kind do."""


class FileLoader(Node):
    definition = NodeDefinition(
        name="fileLoader",
        label="File Loader",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="The text of files of any kind",
        inputs=(
            NodeParam("file", "File", "file", file_type="*"),
            SPLITTER,
            NodeParam(
                "usage",
                "Pdf Usage",
                "options",
                default="perPage",
                optional=True,
                options=(Option("One document per page", "perPage"), Option("One document per file", "perFile")),
                additional=True,
            ),
            NodeParam("legacyBuild", "Use Legacy Build", "boolean", optional=True, additional=True, description=NO_LEGACY),
            NodeParam("pointerName", "JSONL Pointer Extraction", "string", optional=True, additional=True),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files: list[NamedFile] = []
        for name in ("file", *OTHER_INPUTS):
            if inputs.get(name):
                files += await files_of(name, inputs, context)
        if not files:
            files = await files_of("file", inputs, context)
        options = FormatOptions(pdf_per_page=inputs.text("usage", "perPage") != "perFile", pointer=inputs.text("pointerName"))
        return await answer_of_files(inputs, files, partial(any_file, options=options))
