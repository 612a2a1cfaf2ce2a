"""A Qdrant collection over its REST API (https://api.qdrant.tech/), of a server 1.10 or newer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from flowisectl.clients.rest import RestService
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import CHAT_KEY, FoundRow, VectorQuery, VectorRow

_BATCH = 100


class QdrantIndex:
    """Payload of a point: the text under `content_key`, the metadata under `metadata_key`. The collection is made when it is missing.

    `conditions` is a filter of the service (`must`, `should`, `must_not`).
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str,
        api_key: str = "",
        collection: str,
        dimension: int = 1536,
        distance: str = "Cosine",
        content_key: str = "content",
        metadata_key: str = "metadata",
        configuration: Mapping[str, Any] | None = None,
        conditions: Mapping[str, Any] | None = None,
        batch_size: int = 0,
    ) -> None:
        self._service = RestService(
            http, provider="qdrant", base_url=url, headers={"api-key": api_key} if api_key else {}, secrets=(api_key,)
        )
        self._path = f"/collections/{quote(collection, safe='')}"
        self._vectors = {"size": dimension, "distance": distance}
        self._configuration = dict(configuration or {})
        self._content_key = content_key
        self._metadata_key = metadata_key
        self._conditions = dict(conditions or {})
        self._batch = batch_size if batch_size > 0 else _BATCH
        self._is_made = False

    async def add(self, rows: Sequence[VectorRow]) -> None:
        await self._make()
        for start in range(0, len(rows), self._batch):
            points = [
                {
                    "id": point_id(row.id),
                    "vector": row.vector,
                    "payload": {self._content_key: row.document.page_content, self._metadata_key: dict(row.document.metadata)},
                }
                for row in rows[start : start + self._batch]
            ]
            await self._service.json("PUT", f"{self._path}/points", {"points": points}, query={"wait": "true"})

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        body: dict[str, Any] = {"query": query.vector, "limit": query.count, "with_payload": True, "with_vector": query.with_vectors}
        if conditions := self._filter(query):
            body["filter"] = conditions
        answer = await self._service.json("POST", f"{self._path}/points/query", body)
        return [self._row(point) for point in (answer.get("result") or {}).get("points", [])]

    async def delete(self, ids: Sequence[str]) -> None:
        if ids:
            points = [point_id(id) for id in ids]
            await self._service.json("POST", f"{self._path}/points/delete", {"points": points}, query={"wait": "true"}, accept=(404,))

    async def _make(self) -> None:
        if self._is_made:
            return
        known = await self._service.call("GET", self._path, accept=(404,))
        if known.status == 404:
            # Another writer may have made it in between (409).
            await self._service.call("PUT", self._path, {"vectors": self._vectors, **self._configuration}, accept=(409,))
        self._is_made = True

    def _filter(self, query: VectorQuery) -> dict[str, Any]:
        found = dict(self._conditions)
        must = found.get("must") or []
        must = [*(must if isinstance(must, list) else [must])]
        must += [{"key": f"{self._metadata_key}.{name}", "match": {"value": value}} for name, value in (query.conditions or {}).items()]
        if query.chat_id:
            key = f"{self._metadata_key}.{CHAT_KEY}"
            must.append({"should": [{"key": key, "match": {"value": query.chat_id}}, {"is_empty": {"key": key}}]})
        return {**found, "must": must} if must else found

    def _row(self, point: Mapping[str, Any]) -> FoundRow:
        payload = point.get("payload") or {}
        metadata = payload.get(self._metadata_key)
        vector = point.get("vector")
        return FoundRow(
            document=Document(
                page_content=str(payload.get(self._content_key) or ""),
                metadata=dict(metadata) if isinstance(metadata, Mapping) else {},
                id=str(point.get("id") or ""),
            ),
            score=float(point.get("score") or 0.0),
            vector=vector if isinstance(vector, list) else (),
        )


def point_id(id: str) -> str:
    """A UUID, as the service wants ids: the id itself, or one that follows from it."""
    try:
        return str(uuid.UUID(id))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, id))
