"""A Chroma collection over its REST API, version 2 (https://docs.trychroma.com/reference)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson

from flowisectl.clients.answer_shapes import member
from flowisectl.clients.rest import RestService
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import CHAT_KEY, FoundRow, VectorQuery, VectorRow

LOCAL_URL = "http://localhost:8000"
CLOUD_URL = "https://api.trychroma.com:8000"
_BATCH = 100


class ChromaIndex:
    """The collection is made when it is missing. Scores are distances: smaller is nearer.

    Metadata holds plain values, lists and objects as JSON; the lines of a text (`loc.lines`) stand as `locFrom` and `locTo`.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str = "",
        api_key: str = "",
        tenant: str = "",
        database: str = "",
        collection: str,
        conditions: Mapping[str, Any] | None = None,
    ) -> None:
        self._service = RestService(
            http,
            provider="chroma",
            base_url=url or (CLOUD_URL if api_key else LOCAL_URL),
            headers={"x-chroma-token": api_key} if api_key else {},
            secrets=(api_key,),
        )
        place = quote(tenant or "default_tenant", safe=""), quote(database or "default_database", safe="")
        self._path = f"/api/v2/tenants/{place[0]}/databases/{place[1]}/collections"
        self._collection = collection
        self._conditions = dict(conditions or {})
        self._id = ""

    async def add(self, rows: Sequence[VectorRow]) -> None:
        path = f"{self._path}/{await self._collection_id()}/upsert"
        for start in range(0, len(rows), _BATCH):
            lot = rows[start : start + _BATCH]
            body = {
                "ids": [row.id for row in lot],
                "embeddings": [row.vector for row in lot],
                "metadatas": [_plain(row.document.metadata) or None for row in lot],
                "documents": [row.document.page_content for row in lot],
            }
            await self._service.json("POST", path, body)

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        include = ["metadatas", "documents", "distances", *(["embeddings"] if query.with_vectors else [])]
        body: dict[str, Any] = {"query_embeddings": [query.vector], "n_results": query.count, "include": include}
        if where := self._where(query):
            body["where"] = where
        answer = await self._service.json("POST", f"{self._path}/{await self._collection_id()}/query", body)
        return _rows(answer)

    async def delete(self, ids: Sequence[str]) -> None:
        if ids:
            await self._service.json("POST", f"{self._path}/{await self._collection_id()}/delete", {"ids": [*ids]})

    async def _collection_id(self) -> str:
        if not self._id:
            made = await self._service.json("POST", self._path, {"name": self._collection, "get_or_create": True})
            self._id = quote(str(made["id"]), safe="")
        return self._id

    def _where(self, query: VectorQuery) -> dict[str, Any]:
        """The service takes one condition, or several below `$and`."""
        found = {**self._conditions, **(query.conditions or {})}
        parts = [{name: value} for name, value in found.items()]
        if query.chat_id:
            parts.append({CHAT_KEY: query.chat_id})
        return parts[0] if len(parts) == 1 else {"$and": parts} if parts else {}


def _rows(answer: Mapping[str, Any]) -> list[FoundRow]:
    """The answer has one list for each query and member; there was one query."""

    def column(name: str) -> list[Any]:
        value = answer.get(name)
        return value[0] if isinstance(value, list) and value and value[0] is not None else []

    ids = column("ids")
    texts, metadatas, distances, vectors = (
        column(name) or [None] * len(ids) for name in ("documents", "metadatas", "distances", "embeddings")
    )
    return [
        FoundRow(
            document=Document(page_content=str(text or ""), metadata=_nested(metadata or {}), id=str(id)),
            score=float(distance or 0.0),
            vector=vector or (),
        )
        for id, text, metadata, distance, vector in zip(ids, texts, metadatas, distances, vectors, strict=True)
    ]


def _plain(metadata: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: _value(value) for name, value in metadata.items() if name != "loc"}
    lines = member(metadata, "loc", "lines")
    for name, end in (("locFrom", "from"), ("locTo", "to")):
        if isinstance(line := member(lines, end), (int, float)):
            kept[name] = line
    return kept


def _value(value: Any) -> Any:
    """Lists and objects are JSON, as Flowise keeps them."""
    return orjson.dumps(value, default=str).decode() if isinstance(value, (list, Mapping)) else value


def _nested(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata with its lines where they were before."""
    found = dict(metadata)
    if found.get("locFrom") and found.get("locTo"):
        found["loc"] = {"lines": {"from": found.pop("locFrom"), "to": found.pop("locTo")}}
    return found
