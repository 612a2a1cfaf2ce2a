"""The text of EPUB books."""

from __future__ import annotations

from functools import partial

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of_files
from flowisectl.retrieval.reading import epub_file


class EpubFile(Node):
    definition = NodeDefinition(
        name="epubFile",
        label="Epub File",
        category="Document Loaders",
        version=1.0,
        base_classes=("Document",),
        description="The text of EPUB books, by chapter or by book",
        inputs=(
            NodeParam("epubFile", "Epub File", "file", file_type=".epub"),
            SPLITTER,
            NodeParam(
                "usage",
                "Usage",
                "options",
                default="perChapter",
                options=(Option("One document per chapter", "perChapter"), Option("One document per file", "perFile")),
            ),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        files = await files_of("epubFile", inputs, context)
        per_chapter = inputs.text("usage", "perChapter") != "perFile"
        return await answer_of_files(inputs, files, partial(epub_file, per_chapter=per_chapter))
