"""Documents in collections of Zep: the server that one runs oneself (API v1, with vectors), and Zep Cloud (API v2, which embeds itself)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson

from flowisectl.clients.answer_shapes import member, number_of, object_of, objects_of, text_of, vector_of
from flowisectl.clients.rest import RestService
from flowisectl.clients.zep_memory import CLOUD_URL
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import FoundRow, VectorQuery, VectorRow

_AT_ONCE = 100


class ZepIndex:
    """The collection is made when it is missing. Ids to forget are the service's own; found documents have none, as in Flowise.

    `conditions` is a filter of the service (`where`), or plain values that must be equal. Scores: larger is nearer.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str,
        api_key: str = "",
        collection: str,
        dimension: int = 1536,
        conditions: Mapping[str, Any] | None = None,
    ) -> None:
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._service = RestService(
            http, provider="zep", base_url=f"{url.rstrip('/')}/api/v1", headers=headers, secrets=(api_key,), retries=2
        )
        self._collection = collection
        self._path = f"/collection/{quote(collection, safe='')}"
        self._dimension = dimension
        self._conditions = dict(conditions or {})
        self._is_made = False

    async def add(self, rows: Sequence[VectorRow]) -> None:
        await self._make()
        for start in range(0, len(rows), _AT_ONCE):
            documents = [
                {
                    "document_id": row.id,
                    "content": row.document.page_content,
                    "metadata": dict(row.document.metadata),
                    "embedding": row.vector,
                }
                for row in rows[start : start + _AT_ONCE]
            ]
            await self._service.call("POST", f"{self._path}/document", documents)

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        body: dict[str, Any] = {"embedding": list(query.vector)}
        if metadata := written_filter({**self._conditions, **(query.conditions or {})}):
            body["metadata"] = metadata
        answer = await self._service.json("POST", f"{self._path}/search", body, query={"limit": query.count})
        return [_row(item) for item in objects_of(member(answer, "results"))]

    async def delete(self, ids: Sequence[str]) -> None:
        for id in ids:
            if _is_uuid(id):
                await self._service.call("DELETE", f"{self._path}/document/uuid/{id}", accept=(404,))

    async def _make(self) -> None:
        if self._is_made:
            return
        known = await self._service.call("GET", self._path, accept=(404,))
        if known.status == 404:
            made = {"name": self._collection, "embedding_dimensions": self._dimension, "is_auto_embedded": False}
            await self._service.call("POST", self._path, made)
        self._is_made = True


class ZepCloudStore:
    """Implements `interfaces.vector_store.VectorStore` and `ErasableStore`: the service embeds what it is given.

    With `balance` documents are chosen so that they differ from each other (MMR). Ids and `conditions` are as in `ZepIndex`.
    """

    records_name = ""

    def __init__(
        self,
        http: HttpClient,
        *,
        api_key: str,
        collection: str,
        count: int,
        conditions: Mapping[str, Any] | None = None,
        balance: float | None = None,
        url: str = CLOUD_URL,
    ) -> None:
        self.count = count
        self._service = RestService(
            http, provider="zep", base_url=url, headers={"authorization": f"Api-Key {api_key}"}, secrets=(api_key,), retries=2
        )
        self._path = f"/collections/{quote(collection, safe='')}"
        self._conditions = dict(conditions or {})
        self._balance = balance
        self._is_made = False

    async def add(self, documents: Sequence[Document]) -> None:
        """Raises ProviderError."""
        kept = [document for document in documents if document.page_content]
        if kept and not self._is_made:
            known = await self._service.call("GET", self._path, accept=(404,))
            if known.status == 404:
                await self._service.call("POST", self._path, {})
            self._is_made = True
        for start in range(0, len(kept), _AT_ONCE):
            lot = [_cloud_document(document) for document in kept[start : start + _AT_ONCE]]
            await self._service.call("POST", f"{self._path}/documents", lot)

    async def search(self, question: str, count: int, conditions: Mapping[str, Any] | None = None) -> list[tuple[Document, float]]:
        """Raises ProviderError."""
        if count <= 0:
            return []
        body: dict[str, Any] = {"text": question}
        if metadata := written_filter({**self._conditions, **(conditions or {})}):
            body["metadata"] = metadata
        if self._balance is not None:
            body |= {"search_type": "mmr", "mmr_lambda": self._balance}
        answer = await self._service.json("POST", f"{self._path}/search", body, query={"limit": count})
        found = [_row(item) for item in objects_of(member(answer, "results"))]
        return [(row.document, row.score) for row in found[:count]]

    async def delete(self, ids: Sequence[str]) -> None:
        for id in ids:
            if _is_uuid(id):
                await self._service.call("DELETE", f"{self._path}/documents/uuid/{id}", accept=(404,))


def written_filter(conditions: Mapping[str, Any]) -> dict[str, Any]:
    """The filter of a search: `where` as it stands, and a test for every plain value."""
    tests: list[Any] = [
        {"jsonpath": f"$[*] ? (@.{_path(name)} == {orjson.dumps(value).decode()})"} for name, value in conditions.items() if name != "where"
    ]
    if isinstance(where := conditions.get("where"), Mapping):
        tests.append(dict(where))
    if not tests:
        return {}
    return {"where": tests[0] if len(tests) == 1 else {"and": tests}}


def _path(name: str) -> str:
    return ".".join(part if part.isidentifier() else orjson.dumps(part).decode() for part in name.split("."))


def _cloud_document(document: Document) -> dict[str, Any]:
    kept = {"content": document.page_content, "metadata": dict(document.metadata)}
    return {**kept, "document_id": document.id} if document.id else kept


def _row(item: Mapping[str, Any]) -> FoundRow:
    return FoundRow(
        document=Document(page_content=text_of(item.get("content")), metadata=object_of(item.get("metadata"))),
        score=number_of(item.get("score")),
        vector=vector_of(item.get("embedding")),
    )


def _is_uuid(id: str) -> bool:
    try:
        uuid.UUID(id)
    except ValueError:
        return False
    return True
