"""Writes documents into a vector store by way of a record manager: what is there already is skipped, what is gone is deleted.

The hashes are those of Flowise's index (JSON as JavaScript writes it, `index_digest`, UUIDv5), so that an existing table goes on counting.
"""

from __future__ import annotations

import asyncio
import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flowisectl.engine.index_digest import LOT, index_digests
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.record_manager import RecordedKey, RecordManager
from flowisectl.interfaces.vector_store import ErasableStore, VectorStore

NAMESPACE = uuid.UUID("10f90ea3-90a4-4962-bf75-83a0f3c1c62a")
"""The namespace of LangChain's index, whose algorithm this is."""
FORBIDDEN_KEYS = frozenset({"hash_", "content_hash", "metadata_hash"})
BATCH = 100
DELETED_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True)
class IndexResult:
    added: Sequence[Document]
    deleted: int
    skipped: int
    total: int
    """How many documents the records know after the write."""


def name_records(records: RecordManager, store: VectorStore | ErasableStore) -> None:
    """Put the name of the collection or table that a store writes to behind the namespace of its records, once for each manager."""
    name = getattr(store, "records_name", "")
    if name:
        records.namespace = f"{records.namespace}_{name}"


async def indexed(documents: Sequence[Document], store: VectorStore, records: RecordManager) -> IndexResult:
    """Write what the records do not know yet, then clean up as the records say.

    Raises InvalidFlow for documents without a source, for forbidden metadata, and when something must be deleted from a store
    that cannot; ProviderError, Unavailable.
    """
    if records.cleanup == "incremental" and not records.source_id_key:
        raise InvalidFlow("the record manager cleans up incrementally and needs a Source ID Key: name the metadata that tells the source")
    await records.prepare()
    began = await records.now()
    omitted = frozenset(getattr(store, "omitted_metadata", ()))
    documents = [document.without(omitted) for document in documents]
    added: list[Document] = []
    deleted = skipped = 0
    keys_of: list[str] = []
    for start in range(0, len(documents), BATCH):
        if start == len(keys_of):
            keys_of += await asyncio.to_thread(document_hashes, documents[start : start + LOT])
        batch = _by_key(documents[start : start + BATCH], keys_of[start : start + BATCH])
        groups = [_source_of(document, records) for document in batch.values()]
        known = await records.existing(list(batch))
        new = [document for key, document in batch.items() if key not in known]
        skipped += len(batch) - len(new)
        await store.add(new)
        added += new
        entries = zip(batch.items(), groups, strict=True)
        await records.record([_entry(key, document, group) for (key, document), group in entries])
        if records.cleanup == "incremental":
            sources = [group for group in dict.fromkeys(groups) if group is not None]
            deleted += await _delete(store, records, await records.keys(before=began, group_ids=sources))
    if records.cleanup == "full":
        while keys := await records.keys(before=began, limit=DELETED_AT_ONCE):
            deleted += await _delete(store, records, keys)
    return IndexResult(added=added, deleted=deleted, skipped=skipped, total=len(await records.keys()))


def document_hashes(documents: Sequence[Document]) -> list[str]:
    """The ids of documents in store and records: they follow from text and metadata.

    Raises InvalidFlow for metadata that the record manager needs for itself.
    """
    for document in documents:
        if forbidden := FORBIDDEN_KEYS.intersection(document.metadata):
            raise InvalidFlow(f"metadata may not have the key {sorted(forbidden)[0]!r}: the record manager uses it itself")
    texts = _uuids_of([document.page_content for document in documents])
    metadata = _uuids_of([metadata_text(document.metadata) for document in documents])
    return _uuids_of([text + other for text, other in zip(texts, metadata, strict=True)])


def metadata_text(metadata: Mapping[str, Any]) -> str:
    """The metadata as JSON with only its own top-level keys, sorted, at every level of nesting."""
    keys = sorted(metadata, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return _text(metadata, keys)


def _text(value: Any, keys: Sequence[str]) -> str:
    if isinstance(value, Mapping):
        members = (f"{_quoted(key)}:{_text(value[key], keys)}" for key in keys if key in value)
        return "{" + ",".join(members) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_text(item, keys) for item in value) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, (int, float)):
        return _number_text(value)
    return _quoted(str(value))


def _number_text(value: float) -> str:
    """A number as JavaScript writes it: whole ones without a point, exponents below 1e-6 and from 1e21 on."""
    if not math.isfinite(value):
        return "null"
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        return (format(Decimal(text), "f") if "e" in text else text).removesuffix(".0").removeprefix("-" if value == 0 else "")
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _uuids_of(texts: Sequence[str]) -> list[str]:
    return [str(uuid.uuid5(NAMESPACE, digest)) for digest in index_digests(texts)]


def _by_key(documents: Sequence[Document], keys: Sequence[str]) -> dict[str, Document]:
    """The documents by their hash, each once, with the hash as their id."""
    found = dict(zip(keys, documents, strict=True))
    return {key: replace(document, id=key) for key, document in found.items()}


def _source_of(document: Document, records: RecordManager) -> str | None:
    source = document.metadata.get(records.source_id_key)
    if source is None and records.cleanup == "incremental":
        raise InvalidFlow(f"a document has no metadata {records.source_id_key!r}, by which the record manager cleans up: add it")
    return None if source is None else str(source)


def _entry(key: str, document: Document, group: str | None) -> RecordedKey:
    doc_id = document.metadata.get("docId")
    return RecordedKey(key=key, group_id=group, doc_id=doc_id if isinstance(doc_id, str) else None)


async def _delete(store: VectorStore, records: RecordManager, keys: Sequence[str]) -> int:
    if not keys:
        return 0
    if not isinstance(store, ErasableStore):
        raise InvalidFlow("this vector store cannot delete single documents: choose the cleanup 'none' in the record manager")
    await store.delete(keys)
    await records.forget(keys)
    return len(keys)
