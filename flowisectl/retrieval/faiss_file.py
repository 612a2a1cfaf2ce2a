"""Vectors in a folder of the server, in the files that Flowise's Faiss node writes.

`faiss.index` is a flat index of faiss (https://github.com/facebookresearch/faiss, `faiss/impl/index_write.cpp`), little endian:
`IxF2` (squared L2) or `IxFI` (inner product), int32 dimension, int64 count, two int64 that say nothing, one byte "is trained",
int32 metric, uint64 number of floats, the floats. `docstore.json` is `[[[id, {pageContent, metadata}], …], {position: id}]`.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import os
import struct
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import mul
from pathlib import Path
from typing import Any

import orjson

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.vector_index import CHAT_KEY, FoundRow, VectorQuery, VectorRow

INDEX_FILE = "faiss.index"
DOCUMENTS_FILE = "docstore.json"
MAX_FILE_BYTES = 4_000_000_000

_HEAD = struct.Struct("<4siqqqBi")
_COUNT = struct.Struct("<Q")
_FILLER = 1 << 20
_L2, _INNER_PRODUCT = 1, 0
_KINDS = {b"IxF2": _L2, b"IxFI": _INNER_PRODUCT}


@dataclass(frozen=True, kw_only=True)
class _Content:
    documents: list[Document]
    vectors: array[float]
    dimension: int
    metric: int = _L2


class FaissFile:
    """A write replaces what the folder held, as Flowise does it. Scores are squared distances: smaller is nearer."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._has_written = False

    async def add(self, rows: Sequence[VectorRow]) -> None:
        """The first call replaces the index; later ones of this object go on with it. Raises InvalidFlow."""
        if rows:
            await asyncio.to_thread(self._add, rows)

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        """Raises InvalidFlow for a folder without an index, or with one of another kind or dimension."""
        return await asyncio.to_thread(self._search, query)

    async def delete(self, ids: Sequence[str]) -> None:
        await asyncio.to_thread(self._delete, frozenset(ids))

    def _add(self, rows: Sequence[VectorRow]) -> None:
        dimension = len(rows[0].vector)
        if any(len(row.vector) != dimension for row in rows):
            raise InvalidFlow("the embedding model gave vectors of different sizes")
        content = _Content(documents=[], vectors=array("f"), dimension=dimension)
        if self._has_written:
            content = _read(self._folder)
        for row in rows:
            content.vectors.extend(row.vector)
            content.documents.append(row.document)
        _write(self._folder, content)
        self._has_written = True

    def _search(self, query: VectorQuery) -> list[FoundRow]:
        content = _read(self._folder)
        if content.documents and len(query.vector) != content.dimension:
            raise InvalidFlow(
                f"the index in {self._folder} holds vectors of {content.dimension} numbers, the embedding model gives {len(query.vector)}: "
                "fill it anew with this model"
            )
        wanted = array("f", query.vector)
        rows = (row for row in _scored(content, wanted) if _meets(row.document, query))
        if content.metric == _L2:
            return heapq.nsmallest(query.count, rows, key=lambda row: row.score)
        return heapq.nlargest(query.count, rows, key=lambda row: row.score)

    def _delete(self, ids: frozenset[str]) -> None:
        content = _read(self._folder)
        kept = [place for place, document in enumerate(content.documents) if document.id not in ids]
        vectors = array("f")
        for place in kept:
            vectors.extend(content.vectors[place * content.dimension : (place + 1) * content.dimension])
        documents = [content.documents[place] for place in kept]
        _write(self._folder, _Content(documents=documents, vectors=vectors, dimension=content.dimension, metric=content.metric))


def _scored(content: _Content, wanted: Sequence[float]) -> Iterator[FoundRow]:
    size = content.dimension
    for place, document in enumerate(content.documents):
        vector = content.vectors[place * size : (place + 1) * size]
        score = math.dist(wanted, vector) ** 2 if content.metric == _L2 else sum(map(mul, wanted, vector))
        yield FoundRow(document=document, score=score, vector=vector)


def _meets(document: Document, query: VectorQuery) -> bool:
    metadata = document.metadata
    if query.chat_id and metadata.get(CHAT_KEY) not in (None, query.chat_id):
        return False
    return all(metadata.get(name) == value for name, value in (query.conditions or {}).items())


def _read(folder: Path) -> _Content:
    try:
        data = _bytes(folder / INDEX_FILE)
        stored = orjson.loads(_bytes(folder / DOCUMENTS_FILE))
    except FileNotFoundError as error:
        raise InvalidFlow(f"there is no index in {folder}: fill the vector store first") from error
    except (OSError, ValueError) as error:
        raise InvalidFlow(f"the index in {folder} cannot be read: {error}") from error
    dimension, metric, vectors = _vectors(data, folder)
    documents = _documents(stored, folder)
    if len(documents) * dimension != len(vectors):
        raise InvalidFlow(f"the index in {folder} does not fit its documents: fill the vector store anew")
    return _Content(documents=documents, vectors=vectors, dimension=dimension, metric=metric)


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"{path.name} has more than {MAX_FILE_BYTES} bytes")
    return path.read_bytes()


def _vectors(data: bytes, folder: Path) -> tuple[int, int, array[float]]:
    broken = InvalidFlow(f"the index in {folder} is no flat index of faiss: fill the vector store anew")
    if len(data) < _HEAD.size + _COUNT.size:
        raise broken
    kind, dimension, count, _, _, _, _ = _HEAD.unpack_from(data)
    (floats,) = _COUNT.unpack_from(data, _HEAD.size)
    body = data[_HEAD.size + _COUNT.size :]
    if kind not in _KINDS or dimension <= 0 or floats != count * dimension or len(body) != 4 * floats:
        raise broken
    vectors = array("f")
    vectors.frombytes(body)
    return dimension, _KINDS[kind], vectors


def _documents(stored: Any, folder: Path) -> list[Document]:
    try:
        entries, positions = stored
        by_id = {str(id): item for id, item in entries}
        ids = [str(positions[str(place)]) for place in range(len(positions))]
        return [Document(page_content=str(by_id[id]["pageContent"]), metadata=dict(by_id[id].get("metadata") or {}), id=id) for id in ids]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidFlow(f"the documents of the index in {folder} cannot be read: fill the vector store anew") from error


def _write(folder: Path, content: _Content) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        count = len(content.documents)
        kind = next(kind for kind, metric in _KINDS.items() if metric == content.metric)
        head = _HEAD.pack(kind, content.dimension, count, _FILLER, _FILLER, 1, content.metric)
        _replace(folder / INDEX_FILE, head + _COUNT.pack(len(content.vectors)) + content.vectors.tobytes())
        entries = [
            [document.id, {"pageContent": document.page_content, "metadata": dict(document.metadata)}] for document in content.documents
        ]
        positions = {str(place): document.id for place, document in enumerate(content.documents)}
        _replace(folder / DOCUMENTS_FILE, orjson.dumps([entries, positions], default=str))
    except OSError as error:
        raise InvalidFlow(f"the index cannot be written to {folder}: {error.strerror or error}") from error


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
