"""Putting the finds of several searches together."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from flowisectl.interfaces.document import Document


def union(finds: Sequence[Sequence[Document]]) -> list[Document]:
    """Every document once, in the order in which the searches found them."""
    found: dict[bytes, Document] = {}
    for find in finds:
        for document in find:
            found.setdefault(_key(document), document)
    return list(found.values())


def reciprocal_rank_fusion(finds: Sequence[Sequence[Document]], constant: float = 60) -> list[tuple[Document, float]]:
    """Documents with their fused scores, best first: each find adds 1 / (constant + rank), ranks counted from 1
    (Cormack, Clarke and Büttcher, 2009).
    """
    scores: dict[bytes, float] = {}
    documents: dict[bytes, Document] = {}
    for find in finds:
        for rank, document in enumerate(find, start=1):
            key = _key(document)
            documents.setdefault(key, document)
            scores[key] = scores.get(key, 0.0) + 1 / (constant + rank)
    return [(documents[key], scores[key]) for key in sorted(scores, key=lambda key: -scores[key])]


def _key(document: Document) -> bytes:
    return orjson.dumps([document.page_content, dict(document.metadata)], option=orjson.OPT_SORT_KEYS, default=str)
