"""What Elasticsearch and OpenSearch have alike: documents with a vector in an index, written and deleted in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

import orjson

from flowisectl.clients.answer_shapes import member, number_of, object_of, objects_of, text_of, vector_of
from flowisectl.clients.rest import RestService
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.vector_index import FoundRow, VectorQuery, VectorRow

TEXT, METADATA, VECTOR = "text", "metadata", "embedding"
_AT_ONCE = 200
DYNAMIC = [
    {
        "metadata_texts": {
            "path_match": f"{METADATA}.*",
            "match_mapping_type": "string",
            "mapping": {"type": "keyword", "ignore_above": 8191},
        }
    }
]
"""Texts in metadata are compared whole."""
FIELDS = {TEXT: {"type": "text"}, METADATA: {"type": "object", "dynamic": True}}


class Dialect(Protocol):
    """Where the two differ."""

    shows_ids: bool
    """Whether documents that were found have their ids, as in Flowise."""

    def index(self, size: int) -> dict[str, Any]:
        """The settings and mappings of a new index for vectors of so many numbers."""
        ...

    def query(self, vector: Sequence[float], count: int, filters: list[dict[str, Any]]) -> dict[str, Any]:
        """The members of a search for the nearest documents."""
        ...

    def equal(self, field: str, value: Any) -> dict[str, Any]:
        """The filter for documents whose field has a value."""
        ...


class SearchEngineIndex:
    """A document is `{text, metadata, embedding}`. The index is made before the first write. Scores: larger is nearer."""

    def __init__(self, service: RestService, dialect: Dialect, *, name: str) -> None:
        self._service = service
        self._dialect = dialect
        self._name = name
        self._path = f"/{quote(name, safe='')}"
        self._is_made = False

    async def add(self, rows: Sequence[VectorRow]) -> None:
        if rows:
            await self._make(len(rows[0].vector))
        for start in range(0, len(rows), _AT_ONCE):
            lines: list[Any] = []
            for row in rows[start : start + _AT_ONCE]:
                kept = {TEXT: row.document.page_content, METADATA: dict(row.document.metadata), VECTOR: row.vector}
                lines += [{"index": {"_index": self._name, "_id": row.id}}, kept]
            await self._bulk(lines)

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        filters = [self._dialect.equal(f"{METADATA}.{name}", value) for name, value in (query.conditions or {}).items()]
        body = {"size": query.count, **self._dialect.query(query.vector, query.count, filters)}
        if not query.with_vectors:
            body["_source"] = {"excludes": [VECTOR]}
        answer = await self._service.json("POST", f"{self._path}/_search", body)
        return [_row(hit, self._dialect.shows_ids) for hit in objects_of(member(answer, "hits", "hits"))]

    async def delete(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), _AT_ONCE):
            await self._bulk([{"delete": {"_index": self._name, "_id": id}} for id in ids[start : start + _AT_ONCE]])

    async def _make(self, size: int) -> None:
        if self._is_made:
            return
        known = await self._service.call("HEAD", self._path, accept=(404,))
        if known.status == 404:
            made = await self._service.call("PUT", self._path, self._dialect.index(size), accept=(400,))
            # Another writer may have made it in between.
            if made.status == 400 and b"resource_already_exists_exception" not in made.body:
                raise self._service.error(f"{self._service.provider} did not make the index {self._name!r}: {made.text}", 400)
        self._is_made = True

    async def _bulk(self, lines: Iterable[Any]) -> None:
        body = b"".join(orjson.dumps(line) + b"\n" for line in lines)
        answer = await self._service.json("POST", "/_bulk", body, query={"refresh": "true"})
        if not member(answer, "errors"):
            return
        for item in objects_of(member(answer, "items")):
            for outcome in item.values():
                if told := member(outcome, "error", "reason") or text_of(member(outcome, "error")):
                    raise self._service.error(f"{self._service.provider} did not keep {member(outcome, '_id')}: {told}")


def _row(hit: Mapping[str, Any], shows_id: bool) -> FoundRow:
    source = object_of(hit.get("_source"))
    id = text_of(hit.get("_id")) or None
    return FoundRow(
        document=Document(page_content=text_of(source.get(TEXT)), metadata=object_of(source.get(METADATA)), id=id if shows_id else None),
        score=number_of(hit.get("_score")),
        vector=vector_of(source.get(VECTOR)),
    )
