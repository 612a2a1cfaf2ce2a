"""A Pinecone index over its REST API (https://docs.pinecone.io/reference/api, version 2024-07)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson

from flowisectl.clients.rest import RestService
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import CHAT_KEY, FoundRow, VectorQuery, VectorRow

CONTROL_URL = "https://api.pinecone.io"
_AT_ONCE = 100
"""Vectors of one request; the service takes no more than 2 MB."""
_DELETED_AT_ONCE = 1000


class PineconeIndex:
    """Metadata is flat: an object inside it becomes `outer.inner` members, as existing indexes have them."""

    def __init__(
        self,
        http: HttpClient,
        *,
        api_key: str,
        name: str,
        namespace: str = "",
        text_key: str = "text",
        conditions: Mapping[str, Any] | None = None,
        control_url: str = CONTROL_URL,
    ) -> None:
        self._http = http
        self._headers = {"api-key": api_key, "x-pinecone-api-version": "2024-07"}
        self._api_key = api_key
        self._control = self._service(control_url)
        self._name = name
        self._namespace = namespace
        self._text_key = text_key
        self._filter = dict(conditions or {})
        self._data: RestService | None = None

    async def add(self, rows: Sequence[VectorRow]) -> None:
        service = await self._index()
        for start in range(0, len(rows), _AT_ONCE):
            vectors: list[dict[str, Any]] = [
                {"id": row.id, "values": row.vector, "metadata": {**flat(row.document.metadata), self._text_key: row.document.page_content}}
                for row in rows[start : start + _AT_ONCE]
            ]
            await service.json("POST", "/vectors/upsert", {"vectors": vectors, **self._space()})

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        service = await self._index()
        body: dict[str, Any] = {"vector": query.vector, "topK": query.count, "includeMetadata": True, **self._space()}
        if query.with_vectors:
            body["includeValues"] = True
        if conditions := self._conditions(query):
            body["filter"] = conditions
        answer = await service.json("POST", "/query", body)
        return [self._row(match) for match in answer.get("matches", [])]

    async def delete(self, ids: Sequence[str]) -> None:
        service = await self._index()
        for start in range(0, len(ids), _DELETED_AT_ONCE):
            await service.json("POST", "/vectors/delete", {"ids": [*ids[start : start + _DELETED_AT_ONCE]], **self._space()}, accept=(404,))

    async def _index(self) -> RestService:
        """The service of the index itself, whose address the control service knows."""
        if self._data is None:
            about = await self._control.json("GET", f"/indexes/{quote(self._name, safe='')}")
            host = str(about.get("host") or "")
            if not host:
                raise self._control.error(f"pinecone: the index {self._name!r} has no address yet: wait until it is ready")
            self._data = self._service(host if "://" in host else f"https://{host}")
        return self._data

    def _service(self, url: str) -> RestService:
        return RestService(self._http, provider="pinecone", base_url=url, headers=self._headers, secrets=(self._api_key,))

    def _space(self) -> dict[str, str]:
        return {"namespace": self._namespace} if self._namespace else {}

    def _conditions(self, query: VectorQuery) -> dict[str, Any]:
        found = {**self._filter, **(query.conditions or {})}
        if query.chat_id:
            own = {"$or": [{CHAT_KEY: query.chat_id}, {CHAT_KEY: {"$exists": False}}]}
            return {"$and": [found, own]} if found else own
        return found

    def _row(self, match: Mapping[str, Any]) -> FoundRow:
        metadata = dict(match.get("metadata") or {})
        text = metadata.pop(self._text_key, None)
        if text is None:
            text = _node_text(metadata.pop("_node_content", None))
        return FoundRow(
            document=Document(page_content=str(text), metadata=metadata, id=str(match.get("id") or "")),
            score=float(match.get("score") or 0.0),
            vector=match.get("values") or (),
        )


def _node_text(content: Any) -> str:
    """The text in `_node_content`, JSON in which LlamaIndex keeps it."""
    try:
        node = orjson.loads(content) if isinstance(content, str) else {}
    except ValueError:
        return ""
    return str(node.get("text") or "") if isinstance(node, Mapping) else ""


def flat(metadata: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The metadata as the service takes it: texts, numbers, booleans and lists of texts; nothing for null.

    Other lists, and those inside objects, become members `name.0`, `name.1`.
    """
    found: dict[str, Any] = {}
    for key, value in metadata.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{name}.")
        elif isinstance(value, list) and not prefix and all(isinstance(item, str) for item in value):
            if value:
                found[name] = value
        elif isinstance(value, list):
            found |= flat({str(place): item for place, item in enumerate(value)}, f"{name}.")
        elif isinstance(value, (str, int, float, bool)):
            found[name] = value
        elif value is not None:
            found[name] = str(value)
    return found
