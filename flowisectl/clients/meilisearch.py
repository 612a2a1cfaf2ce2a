"""A Meilisearch index whose documents bring their vectors along (https://www.meilisearch.com/docs/reference/api)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from flowisectl.clients.answer_shapes import member, number_of, object_of, objects_of, text_of, vector_of
from flowisectl.clients.qdrant import point_id
from flowisectl.clients.rest import RestService
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import FoundRow, VectorQuery, VectorRow

EMBEDDER = "ollama"
"""The name that Flowise gives to the embedder of its indexes, whatever model made the vectors."""
KEY, TEXT, METADATA = "objectID", "pageContent", "metadata"
TASK_SECONDS = 60.0
"""How long a write may wait in the service's queue."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_AT_ONCE = 200
_WAITING = ("enqueued", "processing")


class MeilisearchIndex:
    """A document is `{objectID, pageContent, metadata}` with its vector. `ratio` says how much vectors count beside words: from 0 to 1.
    Scores: larger is nearer. `expression` is a filter of the service. With `replaces` the first write begins a new index."""

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str,
        search_key: str,
        admin_key: str = "",
        name: str,
        ratio: float = 0.5,
        expression: str = "",
        replaces: bool = False,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        secrets = (search_key, admin_key)

        def service(key: str) -> RestService:
            headers = {"authorization": f"Bearer {key}"} if key else {}
            return RestService(http, provider="meilisearch", base_url=url, headers=headers, secrets=secrets, retries=2)

        self._reading = service(search_key)
        self._writing = service(admin_key or search_key)
        self._is_admin = bool(admin_key)
        self._path = f"/indexes/{quote(name, safe='')}"
        self._name = name
        self._ratio = ratio
        self._expression = expression.strip()
        self._replaces = replaces
        self._pause = pause
        self._embedder = ""

    async def add(self, rows: Sequence[VectorRow]) -> None:
        if rows and not self._embedder:
            await self._make(len(rows[0].vector))
        for start in range(0, len(rows), _AT_ONCE):
            documents = [
                {
                    KEY: point_id(row.id),
                    TEXT: row.document.page_content,
                    METADATA: dict(row.document.metadata),
                    "_vectors": {self._embedder: {"embeddings": row.vector, "regenerate": False}},
                }
                for row in rows[start : start + _AT_ONCE]
            ]
            await self._written(await self._writing.json("POST", f"{self._path}/documents", documents, query={"primaryKey": KEY}))

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        embedder = await self._known_embedder()
        body: dict[str, Any] = {
            "q": query.text,
            "vector": list(query.vector),
            "hybrid": {"embedder": embedder, "semanticRatio": self._ratio},
            "limit": query.count,
            "showRankingScore": True,
        }
        parts: list[Any] = [self._expression] if self._expression else []
        parts += [f"{METADATA}.{name} = {_literal(value)}" for name, value in (query.conditions or {}).items()]
        if parts:
            body["filter"] = parts
        if query.with_vectors:
            body["retrieveVectors"] = True
        answer = await self._reading.json("POST", f"{self._path}/search", body)
        return [_row(hit, embedder) for hit in objects_of(member(answer, "hits"))]

    async def delete(self, ids: Sequence[str]) -> None:
        if ids:
            path = f"{self._path}/documents/delete-batch"
            await self._written(await self._writing.json("POST", path, [point_id(id) for id in ids]))

    async def _make(self, size: int) -> None:
        """Give the index an embedder for such vectors; the service makes an index that is missing itself."""
        if self._replaces:
            await self._written(await self._writing.json("DELETE", self._path, accept=(404,)), accept=("index_not_found",))
        filterable = await self._setting("filterable-attributes")
        settings: dict[str, Any] = {"embedders": {EMBEDDER: {"source": "userProvided", "dimensions": size}}}
        if not isinstance(filterable, list) or (METADATA not in filterable and "*" not in filterable):
            settings["filterableAttributes"] = [*(filterable if isinstance(filterable, list) else []), METADATA]
        await self._written(await self._writing.json("PATCH", f"{self._path}/settings", settings))
        self._embedder = EMBEDDER

    async def _known_embedder(self) -> str:
        """The embedder of the index for vectors that are brought along; only an admin key may look it up."""
        if not self._embedder and self._is_admin:
            known = object_of(await self._setting("embedders"))
            own = [name for name, embedder in known.items() if member(embedder, "source") == "userProvided"]
            return EMBEDDER if EMBEDDER in own or not own else own[0]
        return self._embedder or EMBEDDER

    async def _setting(self, name: str) -> Any:
        """A setting of the index; None when there is no index."""
        answer = await self._writing.call("GET", f"{self._path}/settings/{name}", accept=(404,))
        return None if answer.status == 404 else self._writing.read(answer)

    async def _written(self, task: Any, accept: Sequence[str] = ()) -> None:
        """Wait until the service has done what it took on. Raises ProviderError when it fails, or has not come to it in time."""
        number = member(task, "taskUid")
        if number is None:
            return
        started, wait = time.monotonic(), _FIRST_PAUSE
        while True:
            state = await self._writing.json("GET", f"/tasks/{int(number)}")
            status = member(state, "status")
            if status not in _WAITING:
                break
            if time.monotonic() - started > TASK_SECONDS:
                raise self._writing.error(f"meilisearch has not come to task {number} of the index {self._name!r} yet: look for it there")
            await self._pause(wait)
            wait = min(wait * 2, _LONGEST_PAUSE)
        if status != "succeeded" and member(state, "error", "code") not in accept:
            raise self._writing.error(f"meilisearch: task {number} {status}: {member(state, 'error', 'message') or ''}")


def _row(hit: Mapping[str, Any], embedder: str) -> FoundRow:
    vectors = member(hit, "_vectors", embedder, "embeddings")
    return FoundRow(
        document=Document(page_content=text_of(hit.get(TEXT)), metadata={KEY: hit.get(KEY), **object_of(hit.get(METADATA))}),
        score=number_of(hit.get("_rankingScore")),
        vector=vector_of(member(vectors, 0)) or vector_of(vectors),
    )


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
