"""A Weaviate collection over its REST and GraphQL APIs (https://docs.weaviate.io/weaviate/api)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson

from flowisectl.clients.answer_shapes import member, number_of, object_of, objects_of, text_of, vector_of
from flowisectl.clients.qdrant import point_id
from flowisectl.clients.rest import RestService
from flowisectl.clients.weaviate_filter import equal, literal, written_filter
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import FoundRow, VectorQuery, VectorRow

_BATCH = 100
_UNSAFE = re.compile(r"[^0-9A-Za-z_]")
_PLAIN_TYPES = frozenset({"text", "string", "int", "number", "boolean", "date", "uuid"})


class WeaviateIndex:
    """The text lies under `text_key`; metadata is flat: an object inside it becomes `outer_inner` properties.

    Scores are distances, smaller is nearer; with `alpha` words count, too, and larger is nearer. `conditions` is a filter of the
    service (`operator`, `path`, `value…`, alone or below `where`), or plain values that must be equal. `metadata_keys` are the
    properties to read; without them all that the collection has.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str,
        api_key: str = "",
        collection: str,
        text_key: str = "text",
        metadata_keys: Sequence[str] = (),
        conditions: Mapping[str, Any] | None = None,
        alpha: float | None = None,
    ) -> None:
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._service = RestService(
            http, provider="weaviate", base_url=f"{url.rstrip('/')}/v1", headers=headers, secrets=(api_key,), retries=2
        )
        # The service writes the first letter of a collection large itself; in queries it must be.
        self._collection = _safe(collection[:1].upper() + collection[1:])
        self._schema = f"/schema/{quote(self._collection, safe='')}"
        self._text_key = _safe(text_key)
        self._metadata_keys = [_safe(key) for key in metadata_keys]
        self._conditions = dict(conditions or {})
        self._alpha = alpha
        self._is_made = False
        self._named = ""

    async def add(self, rows: Sequence[VectorRow]) -> None:
        named = await self._make()
        for start in range(0, len(rows), _BATCH):
            objects: list[dict[str, Any]] = [
                {
                    "class": self._collection,
                    "id": point_id(row.id),
                    "properties": {**flat(row.document.metadata), self._text_key: row.document.page_content},
                    **({"vectors": {named: row.vector}} if named else {"vector": row.vector}),
                }
                for row in rows[start : start + _BATCH]
            ]
            for item in objects_of(await self._service.json("POST", "/batch/objects", {"objects": objects})):
                if refused := member(item, "result", "errors", "error", 0, "message"):
                    raise self._service.error(f"weaviate did not keep {item.get('id')}: {refused}")

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        schema = await self._service.json("GET", self._schema)
        types = _types(schema)
        if not types:  # nothing was ever kept
            return []
        named = _vector_name(schema)
        answer = await self._service.json("POST", "/graphql", {"query": self._query(query, types, named)})
        if told := member(answer, "errors", 0, "message"):
            raise self._service.error(f"weaviate refused the query: {told}")
        return [self._row(item, named) for item in objects_of(member(answer, "data", "Get", self._collection))]

    async def delete(self, ids: Sequence[str]) -> None:
        for id in ids:
            await self._service.call("DELETE", f"/objects/{quote(self._collection, safe='')}/{point_id(id)}", accept=(404,))

    async def _make(self) -> str:
        """The name of the collection's vectors, empty where they have none."""
        if self._is_made:
            return self._named
        known = await self._service.call("GET", self._schema, accept=(404,))
        if known.status == 404:
            # Another writer may have made it in between (422).
            await self._service.call("POST", "/schema", {"class": self._collection, "vectorizer": "none"}, accept=(422,))
        else:
            self._named = _vector_name(self._service.read(known))
        self._is_made = True
        return self._named

    def _query(self, query: VectorQuery, types: Mapping[str, str], named: str) -> str:
        known = [name for name, kind in types.items() if kind in _PLAIN_TYPES]
        names = list(dict.fromkeys([self._text_key, *([key for key in self._metadata_keys if key in types] or known)]))
        vector = orjson.dumps(list(query.vector)).decode()
        target = f', targetVectors: ["{named}"]' if named else ""
        if self._alpha is None:
            how = f"nearVector: {{vector: {vector}{target}}}"
        else:
            how = f"hybrid: {{query: {literal(query.text)}, alpha: {self._alpha}, vector: {vector}{target}}}"
        vectors = f"vectors {{ {named} }}" if named else "vector"
        about = ["id", "distance" if self._alpha is None else "score", *([vectors] if query.with_vectors else [])]
        where = self._where(query, types)
        arguments = f"{how}, limit: {query.count}" + (f", where: {literal(where)}" if where else "")
        return f"{{ Get {{ {self._collection}({arguments}) {{ {' '.join(names)} _additional {{ {' '.join(about)} }} }} }} }}"

    def _where(self, query: VectorQuery, types: Mapping[str, str]) -> dict[str, Any]:
        parts = written_filter(self._conditions, types)
        parts += [equal(_safe(name.replace(".", "_")), value, types) for name, value in (query.conditions or {}).items()]
        return parts[0] if len(parts) == 1 else {"operator": "And", "operands": parts} if parts else {}

    def _row(self, item: Mapping[str, Any], named: str) -> FoundRow:
        about = object_of(item.get("_additional"))
        metadata = {name: value for name, value in item.items() if name not in ("_additional", self._text_key) and value is not None}
        return FoundRow(
            document=Document(page_content=text_of(item.get(self._text_key)), metadata=metadata, id=text_of(about.get("id"))),
            score=number_of(about.get("distance" if self._alpha is None else "score")),
            vector=vector_of(member(about, "vectors", named) if named else about.get("vector")),
        )


def _types(schema: Any) -> dict[str, str]:
    """The type of each property; a list of a type counts as the type."""
    properties = objects_of(member(schema, "properties"))
    return {text_of(item.get("name")): text_of(member(item, "dataType", 0)).removesuffix("[]") for item in properties}


def flat(metadata: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The metadata as properties: plain values and lists of one kind of them; nothing for null."""
    found: dict[str, Any] = {}
    for key, value in metadata.items():
        name = _safe(f"{prefix}{key}")
        if isinstance(value, Mapping):
            found |= flat(value, f"{name}_")
        elif isinstance(value, list):
            found[name] = value if _is_plain(value) else [str(item) for item in value]
        elif isinstance(value, (str, int, float, bool)):
            found[name] = value
        elif value is not None:
            found[name] = str(value)
    return found


def _is_plain(values: list[Any]) -> bool:
    """Whether a list holds texts, numbers or booleans alone, as the service takes it."""
    kinds = {float if type(value) is int else type(value) for value in values}
    return not kinds or (len(kinds) == 1 and kinds <= {str, float, bool})


def _vector_name(schema: Any) -> str:
    """The name of a collection's vectors; empty where they have none."""
    named = object_of(member(schema, "vectorConfig"))
    name = "default" if "default" in named else next(iter(named), "")
    return name and _safe(name)


def _safe(name: str) -> str:
    """A property's name as GraphQL takes it; `id` and `vector` are the service's own."""
    name = _UNSAFE.sub("_", name)
    if not name or name[0].isdigit() or name in ("id", "_id", "_additional", "vector"):
        return f"_{name.lstrip('_')}_" if name in ("id", "_id", "_additional", "vector") else f"_{name}"
    return name
