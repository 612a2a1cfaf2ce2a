"""A Milvus collection over its REST API, version 2 (https://milvus.io/api-reference/restful/v2.6.x/About.md)."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from flowisectl.clients.answer_shapes import member, number_of, object_of, objects_of, text_of, vector_of
from flowisectl.clients.rest import RestService
from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import CHAT_KEY, FoundRow, VectorQuery, VectorRow

KEY_FIELD, VECTOR_FIELD, TEXT_FIELD = "langchain_primaryid", "langchain_vector", "langchain_text"
"""The names that existing collections have."""
DEFAULT_PARTITION = "_default"
_BATCH = 100
_MAX_TEXT = 65_535
_SUCCESS = (0, 200)
_NOT_LOADED = 101
LOAD_SECONDS = 60.0
"""How long the service may take to load a collection."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_NOTHING = {"VarChar": "", "Double": 0.0, "Float": 0.0, "Bool": False, "Int64": 0}
"""What stands in a column of a row that has no such metadata."""
_NAME = re.compile(r"[A-Za-z_][0-9A-Za-z_]*")


@dataclass(frozen=True, kw_only=True)
class MilvusLayout:
    """The fields of a collection."""

    key: str
    key_type: str
    makes_keys: bool
    """The service numbers rows itself, so none replaces another."""
    vector: str
    columns: Mapping[str, str]
    """The type of every other field, by name."""
    is_open: bool
    """Rows may have fields that the collection does not list."""


class MilvusIndex:
    """A collection is made when it is missing: it numbers its rows itself, and has a column for each metadata value that all rows of the
    first write have, as LangChain's client makes it; other metadata is kept beside them. Of a collection that is there the layout is
    read first. Scores are what the collection measures: distances (smaller is nearer) unless it was made otherwise.

    `expression` is a filter of the service.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str,
        user: str = "",
        password: str = "",
        collection: str,
        partition: str = DEFAULT_PARTITION,
        text_field: str = TEXT_FIELD,
        expression: str = "",
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        headers = {"authorization": f"Bearer {user}:{password}"} if user else {}
        self._service = RestService(http, provider="milvus", base_url=url, headers=headers, secrets=(password,), retries=2)
        self._collection = collection
        self._partition = partition
        self._text_field = text_field
        self._expression = expression.strip()
        self._pause = pause
        self._has_partition = False
        self._layout: MilvusLayout | None = None

    async def add(self, rows: Sequence[VectorRow]) -> None:
        if not rows:
            return
        if self._layout is None and not member(await self._ask("collections/has"), "has"):
            await self._make(rows)
        layout = await self._known()
        await self._have_partition()
        verb = "entities/insert" if layout.makes_keys else "entities/upsert"
        for start in range(0, len(rows), _BATCH):
            data = [self._kept(row, layout) for row in rows[start : start + _BATCH]]
            await self._ask(verb, data=data, **({"partitionName": self._partition} if self._partition else {}))

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        layout = await self._known()
        asked: dict[str, Any] = {
            "data": [list(query.vector)],
            "annsField": layout.vector,
            "limit": query.count,
            "outputFields": self._output_fields(layout, query.with_vectors),
        }
        if expression := self._filter(query, layout):
            asked["filter"] = expression
        if self._partition:
            asked["partitionNames"] = [self._partition]
        try:
            found = await self._ask("entities/search", **asked)
        except ProviderError as error:
            if error.status != _NOT_LOADED:
                raise
            await self._load()
            found = await self._ask("entities/search", **asked)
        return [self._row(item, layout) for item in objects_of(found)]

    async def delete(self, ids: Sequence[str]) -> None:
        layout = await self._known()
        for start in range(0, len(ids), _BATCH):
            keys = [_key(id, layout) for id in ids[start : start + _BATCH]]
            await self._ask("entities/delete", filter=f"{layout.key} in {orjson.dumps(keys).decode()}")

    async def _ask(self, verb: str, **members: Any) -> Any:
        """The `data` of an answer. The service says in its body, not by the status, that it refused."""
        answer = await self._service.json("POST", f"/v2/vectordb/{verb}", {"collectionName": self._collection, **members})
        code = member(answer, "code")
        if code not in _SUCCESS:
            status = code if isinstance(code, int) else 0
            raise self._service.error(f"milvus refused {verb}: {code} {member(answer, 'message') or ''}", status)
        return member(answer, "data")

    async def _load(self) -> None:
        """A collection that no client has searched yet lies on the service's disk alone."""
        await self._ask("collections/load")
        started, wait = time.monotonic(), _FIRST_PAUSE
        while member(await self._ask("collections/get_load_state"), "loadState") != "LoadStateLoaded":
            if time.monotonic() - started > LOAD_SECONDS:
                raise self._service.error(f"milvus has not loaded the collection {self._collection!r} yet: try again later")
            await self._pause(wait)
            wait = min(wait * 2, _LONGEST_PAUSE)

    async def _have_partition(self) -> None:
        if self._has_partition or self._partition in ("", DEFAULT_PARTITION):
            return
        if not member(await self._ask("partitions/has", partitionName=self._partition), "has"):
            await self._ask("partitions/create", partitionName=self._partition)
        self._has_partition = True

    async def _make(self, rows: Sequence[VectorRow]) -> None:
        def field(name: str, kind: str, **params: int) -> dict[str, Any]:
            return {"fieldName": name, "dataType": kind, "elementTypeParams": params}

        fields = [
            {**field(KEY_FIELD, "Int64"), "isPrimary": True},
            field(self._text_field, "VarChar", max_length=_MAX_TEXT),
            field(VECTOR_FIELD, "FloatVector", dim=len(rows[0].vector)),
        ]
        taken = (KEY_FIELD, VECTOR_FIELD, self._text_field)
        for name, kind in _columns(rows).items():
            if name not in taken:
                fields.append(field(name, kind, max_length=_MAX_TEXT) if kind == "VarChar" else field(name, kind))
        measure = {
            "fieldName": VECTOR_FIELD,
            "indexName": VECTOR_FIELD,
            "metricType": "L2",
            "indexType": "AUTOINDEX",
            "params": {"index_type": "AUTOINDEX"},
        }
        await self._ask("collections/create", schema={"autoID": True, "enableDynamicField": True, "fields": fields}, indexParams=[measure])

    async def _known(self) -> MilvusLayout:
        if self._layout is None:
            about = object_of(await self._ask("collections/describe"))
            fields = objects_of(about.get("fields"))
            key: Mapping[str, Any] = next((field for field in fields if field.get("primaryKey")), {})
            vector: Mapping[str, Any] = next((field for field in fields if text_of(field.get("type")).endswith("Vector")), {})
            if not key or not vector:
                raise self._service.error(f"milvus: the collection {self._collection!r} has no vectors, or no key: choose another one")
            columns = {str(field.get("name")): text_of(field.get("type")) for field in fields if field not in (key, vector)}
            if TEXT_FIELD in columns:
                self._text_field = TEXT_FIELD
            self._layout = MilvusLayout(
                key=str(key.get("name")),
                key_type=text_of(key.get("type")),
                makes_keys=bool(key.get("autoId") or about.get("autoId")),
                vector=str(vector.get("name")),
                columns=columns,
                is_open=bool(about.get("enableDynamicField")),
            )
        return self._layout

    def _kept(self, row: VectorRow, layout: MilvusLayout) -> dict[str, Any]:
        found = {name: value for name, value in row.document.metadata.items() if layout.is_open or name in layout.columns}
        if CHAT_KEY in layout.columns:
            found.setdefault(CHAT_KEY, "")
        if layout.is_open:
            for name, kind in layout.columns.items():
                if found.get(name) is None and kind in _NOTHING:
                    found[name] = _NOTHING[kind]
        found = {name: _as_text(value) if layout.columns.get(name) == "VarChar" else value for name, value in found.items()}
        found |= {layout.vector: row.vector, self._text_field: row.document.page_content}
        return found if layout.makes_keys else {**found, layout.key: _key(row.id, layout)}

    def _output_fields(self, layout: MilvusLayout, with_vectors: bool) -> list[str]:
        """`*` brings what the collection does not list, and the vectors."""
        listed = [name for name in layout.columns if not name.startswith("$")]
        return ["*"] if layout.is_open or with_vectors else [*listed, layout.key]

    def _filter(self, query: VectorQuery, layout: MilvusLayout) -> str:
        parts = [f"({self._expression})"] if self._expression else []
        for name, value in (query.conditions or {}).items():
            place = name if _NAME.fullmatch(name) else f"$meta[{orjson.dumps(name).decode()}]"
            parts.append(f"{place} == {orjson.dumps(value).decode()}")
        if query.chat_id:
            chat = orjson.dumps(query.chat_id).decode()
            own = f'({CHAT_KEY} == {chat} or not exists $meta["{CHAT_KEY}"])'
            parts.append(f'{CHAT_KEY} in [{chat}, ""]' if CHAT_KEY in layout.columns else own)
        return " and ".join(parts)

    def _row(self, item: Mapping[str, Any], layout: MilvusLayout) -> FoundRow:
        own = {layout.vector, layout.key, self._text_field, "distance", "id", "$meta"}
        metadata = {name: _as_data(value) for name, value in item.items() if name not in own}
        id = item.get(layout.key, item.get("id"))
        return FoundRow(
            document=Document(page_content=text_of(item.get(self._text_field)), metadata=metadata, id=None if id is None else str(id)),
            score=number_of(item.get("distance")),
            vector=vector_of(item.get(layout.vector)),
        )


def _key(id: str, layout: MilvusLayout) -> str | int:
    """An id as the collection keys its rows: a text, or a number that is the id or follows from it."""
    if layout.key_type == "VarChar":
        return id
    return int(id) if id.isdigit() else uuid.uuid5(uuid.NAMESPACE_OID, id).int >> 65


def _columns(rows: Sequence[VectorRow]) -> dict[str, str]:
    """The metadata that every row has, each with the type of its column; lists and objects stand as JSON in columns of texts."""
    found: dict[str, str] = {}
    first = rows[0].document.metadata
    for name, value in first.items():
        kinds = {_kind(row.document.metadata.get(name)) for row in rows}
        if _NAME.fullmatch(name) and len(kinds) == 1 and value is not None:
            found[name] = kinds.pop()
    return found


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "Bool"
    return "Double" if isinstance(value, (int, float)) else "" if value is None else "VarChar"


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _as_data(value: Any) -> Any:
    """Lists and objects stand as JSON in columns of texts."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except ValueError:
            return value
    return value
