"""The text of EPUB books."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.retrieval.epub_text import epub_documents
from flowisectl.retrieval.file_formats import with_source


class EpubFile(Node):
    definition = NodeDefinition(
        name="epubFile",
        label="Epub File",
        category="Document Loaders",
        version=1.0,
        base_classes=("Document",),
        description="The text of EPUB books, by chapter or by book",
        inputs=(
            NodeParam("epubFile", "Epub File", "file"),
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

        def read() -> list[Document]:
            return [with_source(part) for file in files for part in epub_documents(file.data, per_chapter=per_chapter, name=file.name)]

        return await answer_of(inputs, read)
