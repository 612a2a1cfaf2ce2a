"""The two files that Flowise's Faiss node writes, read and written.

`faiss.index` is a flat index of faiss (https://github.com/facebookresearch/faiss, `faiss/impl/index_write.cpp`), little endian:
`IxF2` (squared L2) or `IxFI` (inner product), int32 dimension, int64 count, two int64 that say nothing, one byte "is trained",
int32 metric, uint64 number of floats, the floats. `docstore.json` is `[[[id, {pageContent, metadata}], …], {position: id}]`.
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.retrieval.vector_rows import Nearness, VectorRows

INDEX_FILE = "faiss.index"
DOCUMENTS_FILE = "docstore.json"
MAX_FILE_BYTES = 4_000_000_000

_HEAD = struct.Struct("<4siqqqBi")
_COUNT = struct.Struct("<Q")
_FILLER = 1 << 20
_L2, _INNER_PRODUCT = 1, 0
_KINDS = {b"IxF2": Nearness.SQUARED_DISTANCE, b"IxFI": Nearness.INNER_PRODUCT}
_METRICS = {Nearness.SQUARED_DISTANCE: _L2, Nearness.INNER_PRODUCT: _INNER_PRODUCT}


@dataclass(frozen=True, kw_only=True)
class FaissContent:
    """Documents, and for each the row of the same place."""

    documents: list[Document]
    rows: VectorRows
    nearness: Nearness = Nearness.SQUARED_DISTANCE


def read_content(folder: Path) -> FaissContent:
    """What the files hold; the numbers stay in the file, which is mapped into memory. Raises InvalidFlow."""
    try:
        stored = orjson.loads(_checked(folder / DOCUMENTS_FILE).read_bytes())
        rows, nearness = _rows(_checked(folder / INDEX_FILE), folder)
    except FileNotFoundError as error:
        raise InvalidFlow(f"there is no index in {folder}: fill the vector store first") from error
    except (OSError, ValueError) as error:
        raise InvalidFlow(f"the index in {folder} cannot be read: {error}") from error
    documents = _documents(stored, folder)
    if len(documents) != len(rows):
        raise InvalidFlow(f"the index in {folder} does not fit its documents: fill the vector store anew")
    return FaissContent(documents=documents, rows=rows, nearness=nearness)


def write_content(folder: Path, content: FaissContent) -> None:
    """Replace the files, which another process may be reading. Raises InvalidFlow."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        count, size = len(content.documents), content.rows.size
        kind = next(kind for kind, nearness in _KINDS.items() if nearness is content.nearness)
        head = _HEAD.pack(kind, size, count, _FILLER, _FILLER, 1, _METRICS[content.nearness]) + _COUNT.pack(count * size)
        _replace(folder / INDEX_FILE, chain([head], (block.data.cast("B") for block in content.rows.blocks())))
        entries = [
            [document.id, {"pageContent": document.page_content, "metadata": dict(document.metadata)}] for document in content.documents
        ]
        positions = {str(place): document.id for place, document in enumerate(content.documents)}
        _replace(folder / DOCUMENTS_FILE, [orjson.dumps([entries, positions], default=str)])
    except OSError as error:
        raise InvalidFlow(f"the index cannot be written to {folder}: {error.strerror or error}") from error


def _checked(path: Path) -> Path:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"{path.name} has more than {MAX_FILE_BYTES} bytes")
    return path


def _rows(path: Path, folder: Path) -> tuple[VectorRows, Nearness]:
    broken = InvalidFlow(f"the index in {folder} is no flat index of faiss: fill the vector store anew")
    length = _HEAD.size + _COUNT.size
    with path.open("rb") as file:
        head = file.read(length)
        if len(head) < length:
            raise broken
        kind, size, count, _, _, _, _ = _HEAD.unpack_from(head)
        (floats,) = _COUNT.unpack_from(head, _HEAD.size)
        held = os.fstat(file.fileno()).st_size - length
        # An index of which everything was deleted has a count of 0, and a size if it ever had one.
        if kind not in _KINDS or size < 0 or (count and not size) or count < 0 or floats != count * size or held != 4 * floats:
            raise broken
        if not count:
            return VectorRows(), _KINDS[kind]
        import numpy as np

        numbers = np.memmap(file, dtype="<f4", mode="r", offset=length, shape=(count, size))
    return VectorRows(numbers), _KINDS[kind]


def _documents(stored: Any, folder: Path) -> list[Document]:
    try:
        entries, positions = stored
        by_id = {str(id): item for id, item in entries}
        ids = [str(positions[str(place)]) for place in range(len(positions))]
        return [Document(page_content=str(by_id[id]["pageContent"]), metadata=dict(by_id[id].get("metadata") or {}), id=id) for id in ids]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidFlow(f"the documents of the index in {folder} cannot be read: fill the vector store anew") from error


def _replace(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Readers see the old file or the new one, never a part."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            for part in parts:
                file.write(part)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
