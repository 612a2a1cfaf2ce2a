"""A collection of Astra DB over its Data API (https://docs.datastax.com/en/astra-db-serverless/api-reference/dataapiclient.html)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from flowisectl.clients.answer_shapes import member, number_of, object_of, objects_of, text_of, vector_of
from flowisectl.clients.rest import RestService
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import FoundRow, VectorQuery, VectorRow

KEYSPACE = "default_keyspace"
TEXT_KEY = "text"
_AT_ONCE = 20
"""Documents of one request; older services take no more."""
_IDS_AT_ONCE = 100
_EXISTS = "EXISTING_COLLECTION_DIFFERENT_SETTINGS"


class AstraIndex:
    """Metadata stands beside the text in a document; what is found has the `_id` in it. The collection is made when it is missing.

    Scores: larger is nearer.
    """

    def __init__(
        self, http: HttpClient, *, url: str, token: str, collection: str, keyspace: str = KEYSPACE, dimension: int = 0, metric: str = ""
    ) -> None:
        self._service = RestService(http, provider="astra", base_url=url, headers={"token": token}, secrets=(token,), retries=2)
        self._keyspace = f"/api/json/v1/{quote(keyspace, safe='')}"
        self._collection = collection
        self._path = f"{self._keyspace}/{quote(collection, safe='')}"
        self._dimension = dimension
        self._metric = metric or "cosine"
        self._is_made = False

    async def add(self, rows: Sequence[VectorRow]) -> None:
        if rows and not self._is_made:
            vector = {"dimension": self._dimension or len(rows[0].vector), "metric": self._metric}
            # LangChain's clients make collections so, and refuse one that was made otherwise.
            made = {"name": self._collection, "options": {"vector": vector, "indexing": {"allow": ["metadata"]}}}
            # One that is there, made alike, is a success; one that was made otherwise is used as it is.
            await self._ask(self._keyspace, "createCollection", made, accept=(_EXISTS,))
            self._is_made = True
        for start in range(0, len(rows), _AT_ONCE):
            lot = rows[start : start + _AT_ONCE]
            await self.delete([row.id for row in lot])
            documents = [
                {**_kept(row.document.metadata), "_id": row.id, TEXT_KEY: row.document.page_content, "$vector": row.vector} for row in lot
            ]
            await self._ask(self._path, "insertMany", {"documents": documents, "options": {"ordered": False}})

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        asked: dict[str, Any] = {
            "sort": {"$vector": list(query.vector)},
            "options": {"limit": query.count, "includeSimilarity": True},
            "projection": {"*": 1} if query.with_vectors else {"$vector": 0},
        }
        if query.conditions:
            asked["filter"] = dict(query.conditions)
        answer = await self._ask(self._path, "find", asked)
        return [_row(item) for item in objects_of(member(answer, "data", "documents"))][: query.count]

    async def delete(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), _IDS_AT_ONCE):
            names = [*ids[start : start + _IDS_AT_ONCE]]
            answer = await self._ask(self._path, "deleteMany", {"filter": {"_id": {"$in": names}}})
            for _ in names:
                if not member(answer, "status", "moreData"):
                    break
                answer = await self._ask(self._path, "deleteMany", {"filter": {"_id": {"$in": names}}})

    async def _ask(self, path: str, command: str, members: Mapping[str, Any], accept: Sequence[str] = ()) -> Any:
        """The answer to one command. The service says in its body, not by the status, that it refused."""
        answer = await self._service.json("POST", path, {command: members})
        if (told := member(answer, "errors", 0)) and member(told, "errorCode") not in accept:
            raise self._service.error(f"astra refused {command}: {member(told, 'errorCode') or ''} {member(told, 'message') or ''}")
        return answer


def _kept(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Names that begin with a dollar sign are the service's own."""
    return {name: value for name, value in metadata.items() if not name.startswith("$")}


def _row(item: Mapping[str, Any]) -> FoundRow:
    metadata = object_of(item)
    text = text_of(metadata.pop(TEXT_KEY, None))
    score, vector = metadata.pop("$similarity", 0.0), metadata.pop("$vector", None)
    return FoundRow(
        document=Document(page_content=text, metadata=metadata),
        score=number_of(score),
        vector=vector_of(vector),
    )
