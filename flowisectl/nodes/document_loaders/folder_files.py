"""The text of all files of a folder on the server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import MAX_FILES
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import InvalidFlow, MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import MAX_FILE_BYTES, NamedFile
from flowisectl.nodes.document_loaders._folders import ENDINGS
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.retrieval.file_formats import FormatOptions, file_documents


class FolderFiles(Node):
    definition = NodeDefinition(
        name="folderFiles",
        label="Folder with Files",
        category="Document Loaders",
        version=4.0,
        base_classes=("Document",),
        description="The text of all files of a folder on the server",
        inputs=(
            NodeParam("folderPath", "Folder Path", "string"),
            NodeParam("recursive", "Recursive", "boolean"),
            SPLITTER,
            NodeParam(
                "pdfUsage",
                "Pdf Usage",
                "options",
                default="perPage",
                optional=True,
                options=(Option("One document per page", "perPage"), Option("One document per file", "perFile")),
                additional=True,
            ),
            NodeParam("pointerName", "JSONL Pointer Extraction", "string", optional=True, additional=True),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        folder = context.paths.source_folder(str(inputs.require("folderPath")))
        if not await asyncio.to_thread(folder.is_dir):
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}): {str(folder)!r} is no folder on this machine")
        options = FormatOptions(pdf_per_page=inputs.text("pdfUsage", "perPage") != "perFile", pointer=inputs.text("pointerName"))
        recursive = inputs.flag("recursive")
        return await answer_of(inputs, lambda: list(_read(folder, recursive, options)))


def _read(folder: Path, recursive: bool, options: FormatOptions) -> Iterator[Document]:
    read, size = 0, 0
    for path in _files(folder, recursive):
        read, size = read + 1, size + path.stat().st_size
        if read > MAX_FILES or size > MAX_FILE_BYTES:
            raise InvalidFlow(f"folder {str(folder)!r} has more than {MAX_FILES} files or {MAX_FILE_BYTES} bytes: name a smaller one")
        for document in file_documents(NamedFile(name=path.name, data=path.read_bytes()), options):
            yield Document(page_content=document.page_content, metadata={**document.metadata, "source": str(path)})


def _files(folder: Path, recursive: bool) -> Iterator[Path]:
    """The files with known endings, by name. Links are not followed: they could lead out of the folder."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(folders) if recursive else []
        for name in sorted(names):
            path = Path(place, name)
            if path.suffix.removeprefix(".").lower() in ENDINGS and not path.is_symlink():
                yield path
