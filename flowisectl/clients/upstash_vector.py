"""An Upstash vector index over its REST API (https://upstash.com/docs/vector/api/get-started)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.clients.answer_shapes import member, number_of, object_of, objects_of, text_of, vector_of
from flowisectl.clients.rest import RestService
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import CHAT_KEY, FoundRow, VectorQuery, VectorRow

TEXT_KEY = "_pageContentLC"
"""Where existing indexes have the text, beside the metadata."""
_AT_ONCE = 1000
_PATH = re.compile(r"[A-Za-z_][\w.\[\]#-]*")


class UpstashIndex:
    """`expression` is a filter of the service. Scores: larger is nearer."""

    def __init__(self, http: HttpClient, *, url: str, token: str, expression: str = "") -> None:
        self._service = RestService(
            http, provider="upstash", base_url=url, headers={"authorization": f"Bearer {token}"}, secrets=(token,), retries=2
        )
        self._expression = expression.strip()

    async def add(self, rows: Sequence[VectorRow]) -> None:
        for start in range(0, len(rows), _AT_ONCE):
            vectors: list[dict[str, Any]] = [
                {"id": row.id, "vector": row.vector, "metadata": {TEXT_KEY: row.document.page_content, **row.document.metadata}}
                for row in rows[start : start + _AT_ONCE]
            ]
            await self._service.json("POST", "/upsert", vectors)

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        body: dict[str, Any] = {"vector": list(query.vector), "topK": query.count, "includeMetadata": True}
        if query.with_vectors:
            body["includeVectors"] = True
        if expression := self._filter(query):
            body["filter"] = expression
        answer = await self._service.json("POST", "/query", body)
        return [_row(item) for item in objects_of(member(answer, "result"))]

    async def delete(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), _AT_ONCE):
            await self._service.json("DELETE", "/delete", {"ids": [*ids[start : start + _AT_ONCE]]})

    def _filter(self, query: VectorQuery) -> str:
        parts = [f"({self._expression})"] if self._expression else []
        parts += [self._equal(name, value) for name, value in (query.conditions or {}).items()]
        if query.chat_id:
            parts.append(f"({self._equal(CHAT_KEY, query.chat_id)} OR HAS NOT FIELD {CHAT_KEY})")
        return " AND ".join(parts)

    def _equal(self, name: str, value: Any) -> str:
        if not _PATH.fullmatch(name):
            raise self._service.error(
                f"upstash cannot filter by the metadata {name!r}: its name has characters that a filter takes for its own"
            )
        if isinstance(value, bool):
            return f"{name} = {int(value)}"
        if isinstance(value, (int, float)):
            return f"{name} = {value}"
        text = str(value)
        quote = "'" if "'" not in text else '"'
        if quote in text:
            raise self._service.error(f"upstash cannot filter by {name!r}: the value has both kinds of quotes")
        return f"{name} = {quote}{text}{quote}"


def _row(item: Mapping[str, Any]) -> FoundRow:
    metadata = object_of(item.get("metadata"))
    text = text_of(metadata.pop(TEXT_KEY, None)) or text_of(item.get("data"))
    return FoundRow(
        document=Document(page_content=text, metadata=metadata),
        score=number_of(item.get("score")),
        vector=vector_of(item.get("vector")),
    )
