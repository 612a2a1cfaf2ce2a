"""Vectors in a folder of the server, in the two files that LlamaIndex' simple store writes.

`vector_store.json` is `{embeddingDict: {id: vector}, textIdToRefDocId: {id: id}}`; `doc_store.json` (or `docstore.json`) has
`docstore/data: {id: {__data__, __type__}}`, where `__data__` is a node with `text` and `metadata`, often as JSON in a text.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.vector_index import CHAT_KEY, FoundRow, VectorQuery, VectorRow
from flowisectl.retrieval.vector_rows import Nearness, VectorRows

VECTORS_FILE, NODES_FILE, OTHER_NODES_FILE = "vector_store.json", "doc_store.json", "docstore.json"
MAX_FILE_BYTES = 500_000_000
_NODES = "docstore/data"
_WRITING = threading.Lock()

Entries = dict[str, tuple[Document, Sequence[float]]]


class SimpleStoreFile:
    """What is written joins what the folder holds; a row with a known id replaces it. Scores are cosines: larger is nearer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._added: Entries = {}

    async def add(self, rows: Sequence[VectorRow]) -> None:
        """Collect rows until all are there."""
        self._added |= {row.id: (row.document, row.vector) for row in rows}

    async def write(self) -> None:
        """Raises InvalidFlow."""
        added, self._added = self._added, {}
        if added:
            await asyncio.to_thread(self._change, added, frozenset())

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        """Raises InvalidFlow for a folder without a store, or with one of another model."""
        return await asyncio.to_thread(self._search, query)

    async def delete(self, ids: Sequence[str]) -> None:
        await asyncio.to_thread(self._change, {}, frozenset(ids))

    def _search(self, query: VectorQuery) -> list[FoundRow]:
        found = _read(self._folder)
        if found is None:
            raise InvalidFlow(f"there is no store in {self._folder}: fill the vector store first")
        kept = [(document, vector) for document, vector in found.values() if _meets(document, query)]
        if not kept:
            return []
        rows = VectorRows()
        try:
            rows.add([vector for _, vector in kept])
        except ValueError as error:
            raise InvalidFlow(f"the store in {self._folder} holds vectors of different sizes: fill it anew with one model") from error
        if rows.size != len(query.vector):
            raise InvalidFlow(
                f"the store in {self._folder} holds vectors of {rows.size} numbers, the embedding model gives {len(query.vector)}: "
                "fill it anew with this model"
            )
        nearest = rows.nearest(query.vector, query.count, Nearness.COSINE, None)
        return [FoundRow(document=kept[place][0], score=score, vector=kept[place][1]) for place, score in nearest]

    def _change(self, added: Entries, gone: frozenset[str]) -> None:
        with _WRITING:
            known = _read(self._folder) or {}
            entries = {id: entry for id, entry in known.items() if id not in gone} | added
            if entries != known or added:
                _write(self._folder, entries)


def _meets(document: Document, query: VectorQuery) -> bool:
    if query.chat_id and document.metadata.get(CHAT_KEY) not in (None, query.chat_id):
        return False
    return all(document.metadata.get(name) == value for name, value in (query.conditions or {}).items())


def _read(folder: Path) -> Entries | None:
    """What the files hold; None when they are not there. Raises InvalidFlow."""
    nodes_file = folder / NODES_FILE
    if not nodes_file.exists():
        nodes_file = folder / OTHER_NODES_FILE
    try:
        vectors, nodes = _json(folder / VECTORS_FILE)["embeddingDict"], _json(nodes_file)[_NODES]
        return {id: (_document(id, nodes[id]), vector) for id, vector in vectors.items() if id in nodes}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidFlow(f"the store in {folder} cannot be read: fill the vector store anew in another folder") from error


def _json(path: Path) -> Any:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"{path.name} has more than {MAX_FILE_BYTES} bytes")
    return orjson.loads(path.read_bytes())


def _document(id: str, entry: Mapping[str, Any]) -> Document:
    node = entry["__data__"]
    node = orjson.loads(node) if isinstance(node, str) else node
    return Document(page_content=str(node.get("text") or ""), metadata=dict(node.get("metadata") or {}), id=id)


def _write(folder: Path, entries: Entries) -> None:
    nodes = {
        id: {
            "__data__": orjson.dumps(
                {"id_": id, "metadata": dict(document.metadata), "text": document.page_content, "type": "TEXT"}, default=str
            ).decode(),
            "__type__": "TEXT",
        }
        for id, (document, _) in entries.items()
    }
    vectors = {"embeddingDict": {id: list(vector) for id, (_, vector) in entries.items()}, "textIdToRefDocId": {id: id for id in entries}}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Nodes come first: a vector without its node is passed over, so a reader in between sees the old rows.
        _replace(folder / NODES_FILE, orjson.dumps({_NODES: nodes, "docstore/metadata": {id: {} for id in entries}}))
        _replace(folder / VECTORS_FILE, orjson.dumps(vectors))
    except OSError as error:
        raise InvalidFlow(f"the store cannot be written to {folder}: {error.strerror or error}") from error


def _replace(path: Path, data: bytes) -> None:
    """Readers see the old file or the new one, never a part."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
