"""Vectors in a collection of Couchbase, over two of its REST APIs.

The Query service keeps and reads documents (https://docs.couchbase.com/server/current/n1ql-rest-query/index.html), the Search service
finds them (https://docs.couchbase.com/server/current/vector-search/run-vector-search-rest-api.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from flowisectl.clients.answer_shapes import member, number_of, object_of, objects_of, text_of
from flowisectl.clients.elasticsearch import basic
from flowisectl.clients.rest import RestService
from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import FoundRow, VectorQuery, VectorRow

_AT_ONCE = 50
_PORTS = {"query": (8093, 18093), "search": (8094, 18094)}
_SECURE = ("couchbases", "https")
_WRAPPED = frozenset(("fields", "searchOptions"))
"""What filters of LangChain's client have: columns, and members of the search's request."""
_QUERY_MEMBERS = frozenset(("field", "conjuncts", "disjuncts", "must", "should", "must_not", "query", "match_all", "ids"))


class CouchbaseIndex:
    """A document is `{text, embedding, metadata}` under the names that the node gives. The search index must be there.

    `conditions` is a query of the Search service, `{searchOptions}` with members of its request, or plain values of the metadata that
    must be equal. Scores: larger is nearer.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        connection: str,
        user: str,
        password: str,
        place: tuple[str, str, str],
        index: str,
        text_key: str = "text",
        vector_key: str = "embedding",
        conditions: Mapping[str, Any] | None = None,
    ) -> None:
        self._hosts = hosts_of(connection)
        self._is_secure = urlsplit(connection).scheme in _SECURE
        self._http = http
        self._headers = basic(user, password)
        self._secrets = (password, self._headers.get("authorization", "").removeprefix("Basic "))
        self._keyspace = ".".join(_quoted(name) for name in place)
        bucket, scope = (quote(name, safe="") for name in place[:2])
        self._search = f"/api/bucket/{bucket}/scope/{scope}/index/{quote(index, safe='')}/query"
        self._text_key = text_key
        self._vector_key = vector_key
        self._conditions = dict(conditions or {})
        self._options: dict[str, Any] = {}
        if self._conditions.keys() & _WRAPPED:
            self._options = object_of(self._conditions.get("searchOptions"))
            self._conditions = {}

    async def add(self, rows: Sequence[VectorRow]) -> None:
        for start in range(0, len(rows), _AT_ONCE):
            values: list[Any] = []
            for row in rows[start : start + _AT_ONCE]:
                kept = {
                    self._text_key: row.document.page_content,
                    self._vector_key: list(row.vector),
                    "metadata": dict(row.document.metadata),
                }
                values += [row.id, kept]
            marks = ", ".join(f"(${place}, ${place + 1})" for place in range(1, len(values), 2))
            await self._run(f"UPSERT INTO {self._keyspace} (KEY, VALUE) VALUES {marks}", values)

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        knn: dict[str, Any] = {"field": self._vector_key, "vector": list(query.vector), "k": query.count}
        if found := self._filter(query.conditions or {}):
            knn["filter"] = found
        body = {"query": {"match_none": {}}, "knn": [knn], "size": query.count, "fields": []}
        answer = await self._ask("search", self._search, {**body, **self._options})
        scores = {text_of(hit.get("id")): number_of(hit.get("score")) for hit in objects_of(member(answer, "hits"))}
        documents = await self._documents([*scores])
        wanted = self._equalities(query.conditions or {})
        return [
            FoundRow(document=documents[id], score=score)
            for id, score in scores.items()
            # A search looks for words, so a value may be found that only has them.
            if id in documents and all(_at(documents[id].metadata, name) == value for name, value in wanted.items())
        ]

    async def delete(self, ids: Sequence[str]) -> None:
        if ids:
            await self._run(f"DELETE FROM {self._keyspace} AS d USE KEYS $1", [[*ids]])

    async def _documents(self, ids: list[str]) -> dict[str, Document]:
        if not ids:
            return {}
        columns = f"META(d).id AS id, d.{_quoted(self._text_key)} AS content, d.metadata AS metadata"
        answer = await self._run(f"SELECT {columns} FROM {self._keyspace} AS d USE KEYS $1", [ids])
        found = {}
        for item in objects_of(member(answer, "results")):
            id = text_of(item.get("id"))
            found[id] = Document(page_content=text_of(item.get("content")), metadata=object_of(item.get("metadata")), id=id)
        return found

    def _equalities(self, conditions: Mapping[str, Any]) -> dict[str, Any]:
        own = {} if self._conditions.keys() & _QUERY_MEMBERS else self._conditions
        return {**own, **conditions}

    def _filter(self, conditions: Mapping[str, Any]) -> dict[str, Any]:
        parts = [self._conditions] if self._conditions.keys() & _QUERY_MEMBERS else []
        parts += [_equal(f"metadata.{name}", value) for name, value in self._equalities(conditions).items()]
        return parts[0] if len(parts) == 1 else {"conjuncts": parts} if parts else {}

    async def _run(self, statement: str, values: list[Any]) -> Any:
        return await self._ask("query", "/query/service", {"statement": statement, "args": values})

    async def _ask(self, service: str, path: str, body: Mapping[str, Any]) -> Any:
        """Any host of the cluster may answer; the next one is asked when one cannot be reached. Raises ProviderError."""
        last: ProviderError | None = None
        for host in self._hosts:
            rest = self._service(service, host)
            try:
                answer = await rest.json("POST", path, body)
            except ProviderError as error:
                if error.status:
                    raise
                last = error
                continue
            if told := member(answer, "errors", 0, "msg") or text_of(member(answer, "error")):
                raise rest.error(f"couchbase refused the request: {told}")
            return answer
        raise ProviderError(
            f"{last}; name a node that runs the services Query and Search in the credential's connection string", provider="couchbase"
        ) from last

    def _service(self, service: str, host: str) -> RestService:
        port = _PORTS[service][self._is_secure]
        url = f"{'https' if self._is_secure else 'http'}://{host}:{port}"
        return RestService(self._http, provider="couchbase", base_url=url, headers=self._headers, secrets=self._secrets, retries=2)


def hosts_of(connection: str) -> list[str]:
    """The hosts of a connection string, such as `couchbases://one,two?…`; ports in it are those of another service.

    Raises ValueError for what is none.
    """
    parts = urlsplit(connection.strip())
    if parts.scheme not in ("couchbase", "couchbases", "http", "https"):
        raise ValueError("no connection string that begins with couchbase:// or couchbases://")
    hosts = []
    for part in parts.netloc.rpartition("@")[2].split(","):
        host = urlsplit(f"//{part.strip()}").hostname
        if host:
            hosts.append(f"[{host}]" if ":" in host else host)
    if not hosts:
        raise ValueError("a connection string without a host")
    return hosts


def _equal(field: str, value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"field": field, "bool": value}
    if isinstance(value, (int, float)):
        return {"field": field, "min": value, "max": value, "inclusive_min": True, "inclusive_max": True}
    return {"field": field, "match": str(value), "operator": "and"}


def _at(metadata: Mapping[str, Any], name: str) -> Any:
    return metadata[name] if name in metadata else member(metadata, *name.split("."))


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
