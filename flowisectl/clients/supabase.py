"""A table of vectors behind Supabase' REST API (PostgREST, https://postgrest.org/): rows `id, content, metadata, embedding`,
searched by a function of the database, as https://supabase.com/docs/guides/ai/langchain describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson

from flowisectl.clients.rest import RestService
from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import FoundRow, VectorQuery, VectorRow

_AT_ONCE = 100
_NO_NUMBER = re.compile(r"invalid input syntax for type (bigint|integer)")
"""What PostgreSQL says of an id that is a text where the table has numbers."""


class SupabaseIndex:
    """`query` names the function `(query_embedding, filter, match_count)`, whose rows have `content, metadata, similarity`.

    `narrowed` are parameters of the address that leave out rows which the function gave.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str,
        api_key: str,
        table: str,
        query: str,
        conditions: Mapping[str, Any] | None = None,
        narrowed: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        headers = {"apikey": api_key, "authorization": f"Bearer {api_key}"}
        self._service = RestService(http, provider="supabase", base_url=f"{url.rstrip('/')}/rest/v1", headers=headers, secrets=(api_key,))
        self._writing = RestService(
            http,
            provider="supabase",
            base_url=f"{url.rstrip('/')}/rest/v1",
            headers={**headers, "prefer": "resolution=merge-duplicates"},
            secrets=(api_key,),
        )
        self._table = f"/{quote(table, safe='')}"
        self._query = f"/rpc/{quote(query, safe='')}"
        self._conditions = dict(conditions or {})
        self._narrowed = dict(narrowed or {})
        self._numbers_rows = False

    async def add(self, rows: Sequence[VectorRow]) -> None:
        for start in range(0, len(rows), _AT_ONCE):
            body = [
                {
                    "id": row.id,
                    "content": row.document.page_content.replace("\0", ""),
                    "metadata": dict(row.document.metadata),
                    "embedding": row.vector,
                }
                for row in rows[start : start + _AT_ONCE]
            ]
            await self._write(body)

    async def _write(self, rows: list[dict[str, Any]]) -> None:
        """A table that numbers its rows itself, as the service's own guide makes it, takes no ids."""
        if not self._numbers_rows:
            try:
                await self._writing.call("POST", self._table, rows)
                return
            except ProviderError as error:
                if error.status != 400 or not _NO_NUMBER.search(str(error)):
                    raise
            self._numbers_rows = True
        await self._writing.call("POST", self._table, [{name: value for name, value in row.items() if name != "id"} for row in rows])

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        body = {"query_embedding": query.vector, "filter": {**self._conditions, **(query.conditions or {})}, "match_count": query.count}
        found = await self._service.json("POST", self._query, body, query=self._narrowed)
        return [_row(item) for item in found or []][: query.count]

    async def delete(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), _AT_ONCE):
            names = ",".join('"' + id.replace('"', '\\"') + '"' for id in ids[start : start + _AT_ONCE])
            await self._service.call("DELETE", self._table, query={"id": f"in.({names})"})


def _row(item: Mapping[str, Any]) -> FoundRow:
    metadata, vector = item.get("metadata"), item.get("embedding")
    if isinstance(vector, str):  # pgvector's text form
        vector = orjson.loads(vector)
    return FoundRow(
        document=Document(
            page_content=str(item.get("content") or ""),
            metadata=dict(metadata) if isinstance(metadata, Mapping) else {},
        ),
        score=float(item.get("similarity") or 0.0),
        vector=vector if isinstance(vector, list) else (),
    )
