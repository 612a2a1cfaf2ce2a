"""Vectors in a folder of the server, in the files that Flowise's Faiss node writes."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.vector_index import CHAT_KEY, FoundRow, VectorQuery, VectorRow
from flowisectl.retrieval.faiss_format import DOCUMENTS_FILE, INDEX_FILE, FaissContent, read_content, write_content
from flowisectl.retrieval.vector_rows import VectorRows

MAX_KEPT_BYTES = 256_000_000
"""Of all documents' files whose content a process keeps between searches. The numbers stay in their files."""

_Stamp = tuple[tuple[int, int, int], ...]


class FaissFile:
    """A write replaces what the folder held, as Flowise does it. Scores are squared distances: smaller is nearer."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._own: FaissContent | None = None
        """What this object has collected."""

    async def add(self, rows: Sequence[VectorRow]) -> None:
        """Collect rows; the first ones of this object begin a new index, later ones go on with it. Raises InvalidFlow."""
        if rows:
            await asyncio.to_thread(self._add, rows)

    async def write(self) -> None:
        """Replace the folder's index with what was collected, if anything was. Raises InvalidFlow."""
        if self._own is not None:
            await asyncio.to_thread(write_content, self._folder, self._own)

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        """Raises InvalidFlow for a folder without an index, or with one of another kind or dimension."""
        return await asyncio.to_thread(self._search, query)

    async def delete(self, ids: Sequence[str]) -> None:
        await asyncio.to_thread(self._delete, frozenset(ids))

    def _add(self, rows: Sequence[VectorRow]) -> None:
        own = self._own or FaissContent(documents=[], rows=VectorRows())
        try:
            own.rows.add([row.vector for row in rows])
        except ValueError as error:
            raise InvalidFlow("the embedding model gave vectors of different sizes") from error
        own.documents.extend(row.document for row in rows)
        self._own = own

    def _search(self, query: VectorQuery) -> list[FoundRow]:
        content = _KEPT.content(self._folder)
        if content.documents and len(query.vector) != content.rows.size:
            raise InvalidFlow(
                f"the index in {self._folder} holds vectors of {content.rows.size} numbers, the embedding model gives {len(query.vector)}: "
                "fill it anew with this model"
            )
        found = content.rows.nearest(query.vector, query.count, content.nearness, _allows(content, query))
        vectors = content.rows.take([place for place, _ in found]).tolist() if query.with_vectors and found else [()] * len(found)
        return [
            FoundRow(document=content.documents[place], score=score, vector=vector)
            for (place, score), vector in zip(found, vectors, strict=True)
        ]

    def _delete(self, ids: frozenset[str]) -> None:
        content = read_content(self._folder)
        kept = [place for place, document in enumerate(content.documents) if document.id not in ids]
        documents = [content.documents[place] for place in kept]
        content = FaissContent(documents=documents, rows=content.rows.kept(kept), nearness=content.nearness)
        write_content(self._folder, content)
        if self._own is not None:
            self._own = content


def _allows(content: FaissContent, query: VectorQuery) -> Callable[[int], bool] | None:
    if not query.chat_id and not query.conditions:
        return None
    return lambda place: _meets(content.documents[place], query)


def _meets(document: Document, query: VectorQuery) -> bool:
    metadata = document.metadata
    if query.chat_id and metadata.get(CHAT_KEY) not in (None, query.chat_id):
        return False
    return all(metadata.get(name) == value for name, value in (query.conditions or {}).items())


class _Kept:
    """Indexes that were searched lately, as long as their files are the same."""

    def __init__(self) -> None:
        self._by_folder: OrderedDict[Path, tuple[_Stamp, int, FaissContent]] = OrderedDict()
        self._lock = threading.Lock()

    def content(self, folder: Path) -> FaissContent:
        """Raises InvalidFlow."""
        folder = folder.absolute()
        stamp = _stamp(folder)
        with self._lock:
            found = self._by_folder.get(folder)
            if found is not None and stamp is not None and found[0] == stamp:
                self._by_folder.move_to_end(folder)
                return found[2]
        content = read_content(folder)
        # What was replaced while it was read may be half old, half new: it is used, as its parts fit, but not kept.
        if stamp is not None and stamp == _stamp(folder):
            self._keep(folder, stamp, content)
        return content

    def _keep(self, folder: Path, stamp: _Stamp, content: FaissContent) -> None:
        size = stamp[1][2]
        with self._lock:
            self._by_folder.pop(folder, None)
            if size > MAX_KEPT_BYTES:
                return
            self._by_folder[folder] = (stamp, size, content)
            while sum(entry[1] for entry in self._by_folder.values()) > MAX_KEPT_BYTES:
                self._by_folder.popitem(last=False)


def _stamp(folder: Path) -> _Stamp | None:
    """What changes with the files' content; None when they are not there."""
    try:
        found = [(folder / name).stat() for name in (INDEX_FILE, DOCUMENTS_FILE)]
    except OSError:
        return None
    return tuple((status.st_ino, status.st_mtime_ns, status.st_size) for status in found)


_KEPT = _Kept()
