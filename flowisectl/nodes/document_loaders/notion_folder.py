"""The pages of an exported and unzipped Notion folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import MAX_FILES
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import InvalidFlow, MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import MAX_FILE_BYTES
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of


class NotionFolder(Node):
    definition = NodeDefinition(
        name="notionFolder",
        label="Notion Folder",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="The pages of an exported and unzipped Notion folder on the server",
        inputs=(
            NodeParam("notionFolder", "Notion Folder", "string", placeholder="Paste folder path"),
            SPLITTER,
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        folder = context.paths.source_folder(str(inputs.require("notionFolder")), is_anywhere=True)
        if not await asyncio.to_thread(folder.is_dir):
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}): {str(folder)!r} is no folder on this machine")
        return await answer_of(inputs, lambda: list(_read(folder)))


def _read(folder: Path) -> Iterator[Document]:
    read, size = 0, 0
    for path in _pages(folder):
        read, size = read + 1, size + path.stat().st_size
        if read > MAX_FILES or size > MAX_FILE_BYTES:
            raise InvalidFlow(f"folder {str(folder)!r} has more than {MAX_FILES} files or {MAX_FILE_BYTES} bytes: name a smaller one")
        yield Document(page_content=path.read_text("utf-8", "replace"), metadata={"source": str(path)})


def _pages(folder: Path) -> Iterator[Path]:
    """An export holds its pages as Markdown. Links are not followed: they could lead out of the folder."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if path.suffix.lower() == ".md" and not path.is_symlink():
                yield path
