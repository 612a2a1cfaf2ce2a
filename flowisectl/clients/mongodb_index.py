"""Vectors in a collection of MongoDB Atlas (https://www.mongodb.com/docs/atlas/atlas-vector-search/vector-search-stage/)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.clients.answer_shapes import number_of, object_of, vector_of
from flowisectl.clients.mongodb import MongoCollection, plain
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.vector_index import FoundRow, VectorQuery, VectorRow

_AT_ONCE = 100
_CANDIDATES_EACH = 10
"""Neighbours that the service looks at for each row it shall give."""
_MOST_CANDIDATES = 10_000
_SCORE = "__score"
_WRAPPED = frozenset(("preFilter", "postFilterPipeline", "includeEmbeddings"))
"""What filters of LangChain's client have."""


class MongoIndex:
    """Metadata stands beside the text in a document. The search index must be there. Scores: larger is nearer.

    `conditions` is a filter of the service, whose members must be filter fields of the search index, or `{preFilter,
    postFilterPipeline}`: such a filter, and stages that what was found goes through.
    """

    def __init__(
        self,
        collection: MongoCollection,
        *,
        index: str,
        text_key: str = "text",
        vector_key: str = "embedding",
        conditions: Mapping[str, Any] | None = None,
    ) -> None:
        self._collection = collection
        self._index = index
        self._text_key = text_key
        self._vector_key = vector_key
        self._conditions = dict(conditions or {})
        self._later: list[Any] = []
        if self._conditions.keys() & _WRAPPED:
            later = self._conditions.get("postFilterPipeline")
            self._later = later if isinstance(later, list) else []
            self._conditions = object_of(self._conditions.get("preFilter"))

    async def add(self, rows: Sequence[VectorRow]) -> None:
        async with self._collection.connect() as collection:
            from pymongo import ReplaceOne

            for start in range(0, len(rows), _AT_ONCE):
                writes = [
                    ReplaceOne({"_id": row.id}, {"_id": row.id, **self._kept(row)}, upsert=True) for row in rows[start : start + _AT_ONCE]
                ]
                await collection.bulk_write(writes, ordered=False)

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        stage: dict[str, Any] = {
            "index": self._index,
            "path": self._vector_key,
            "queryVector": [float(number) for number in query.vector],
            "numCandidates": min(max(query.count * _CANDIDATES_EACH, query.count), _MOST_CANDIDATES),
            "limit": query.count,
        }
        if conditions := {**self._conditions, **(query.conditions or {})}:
            stage["filter"] = conditions
        stages: list[dict[str, Any]] = [{"$vectorSearch": stage}, {"$set": {_SCORE: {"$meta": "vectorSearchScore"}}}]
        if not query.with_vectors:
            stages.append({"$unset": self._vector_key})
        stages += self._later
        async with self._collection.connect() as collection:
            found = await (await collection.aggregate(stages)).to_list(query.count)
        return [self._row(item) for item in found]

    async def delete(self, ids: Sequence[str]) -> None:
        async with self._collection.connect() as collection:
            from bson import ObjectId

            keys = [*ids, *[ObjectId(id) for id in ids if ObjectId.is_valid(id)]]
            if keys:
                await collection.delete_many({"_id": {"$in": keys}})

    def _kept(self, row: VectorRow) -> dict[str, Any]:
        own = {self._text_key: row.document.page_content, self._vector_key: [float(number) for number in row.vector]}
        return {**{name: value for name, value in row.document.metadata.items() if name != "_id"}, **own}

    def _row(self, item: dict[str, Any]) -> FoundRow:
        score, vector, text = number_of(item.pop(_SCORE, 0.0)), item.pop(self._vector_key, None), item.pop(self._text_key, "")
        id = item.pop("_id", None)
        return FoundRow(
            document=Document(page_content=str(text or ""), metadata=plain(item), id=None if id is None else str(id)),
            score=score,
            vector=vector_of(vector),
        )
