"""A Neo4j database over HTTP: its Query API (https://neo4j.com/docs/query-api/current/), and on servers before 5.19 the HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from flowisectl.clients.answer_shapes import member, object_of, objects_of, text_of
from flowisectl.clients.elasticsearch import basic
from flowisectl.clients.rest import RestService
from flowisectl.interfaces.http import HttpClient

DATABASE = "neo4j"
_PLAIN_PORT, _SECURE_PORT = 7474, 7473
_CLOUD = ".databases.neo4j.io"
_SECURE = ("neo4j+s", "neo4j+ssc", "bolt+s", "bolt+ssc")
_MOST_LABELS, _SAMPLED, _EXAMPLES = 30, 50, 3
_EXAMPLE_CHARS = 50

_NODES = "CALL db.schema.nodeTypeProperties() YIELD nodeLabels, propertyName, propertyTypes RETURN nodeLabels, propertyName, propertyTypes"
_RELATIONS = "CALL db.schema.relTypeProperties() YIELD relType, propertyName, propertyTypes RETURN relType, propertyName, propertyTypes"
_PATTERNS = (
    "MATCH (a)-[r]->(b) WITH a, r, b LIMIT 10000 RETURN DISTINCT labels(a) AS source, type(r) AS relation, labels(b) AS target LIMIT 200"
)


class Neo4jGraph:
    """Only reads: every statement goes as one for reading, in which a server refuses to write.

    With `shows_examples` the schema has some of the values that there are.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str,
        user: str,
        password: str,
        database: str = DATABASE,
        timeout_seconds: float = 5.0,
        shows_examples: bool = False,
    ) -> None:
        self._service = RestService(
            http,
            provider="neo4j",
            base_url=http_url(url),
            headers={**basic(user, password), "access-mode": "READ"},
            secrets=(password, basic(user, password).get("authorization", "").removeprefix("Basic ")),
            timeout_seconds=timeout_seconds,
            retries=2,
        )
        self._path = f"/db/{quote(database or DATABASE, safe='')}"
        self._shows_examples = shows_examples
        self._is_old = False

    async def read(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a statement, by the names of their columns. Raises ProviderError."""
        if not self._is_old:
            body = {"statement": statement, "parameters": dict(parameters or {}), "accessMode": "Read"}
            answer = await self._service.call("POST", f"{self._path}/query/v2", body, accept=(400, 404))
            if answer.status != 404 or b"Neo." in answer.body:
                found = self._service.read(answer)
                self._check(found)
                return _rows(member(found, "data", "fields"), member(found, "data", "values"))
            self._is_old = True
        asked = {"statements": [{"statement": statement, "parameters": dict(parameters or {})}]}
        found = await self._service.json("POST", f"{self._path}/tx/commit", asked)
        self._check(found)
        result = member(found, "results", 0)
        return _rows(member(result, "columns"), [row.get("row") for row in objects_of(member(result, "data"))])

    async def schema(self) -> str:
        """What the database holds, as a model shall see it. Raises ProviderError."""
        nodes = _properties(await self.read(_NODES), "nodeLabels")
        relations = _properties(await self.read(_RELATIONS), "relType")
        patterns = [_pattern(row) for row in await self.read(_PATTERNS)]
        examples = await self._examples(list(nodes)) if self._shows_examples else {}
        lines = ["Nodes:", *(_line(name, properties, examples.get(name, {})) for name, properties in nodes.items())]
        lines += ["Relationships:", *(_line(name, properties, {}) for name, properties in relations.items())]
        return "\n".join([*lines, "Patterns:", *patterns])

    async def _examples(self, labels: list[str]) -> dict[str, dict[str, list[str]]]:
        """Some values of the properties of each label."""
        found: dict[str, dict[str, list[str]]] = {}
        for label in labels[:_MOST_LABELS]:
            name = label.replace("`", "``")
            values: dict[str, list[str]] = {}
            for row in await self.read(f"MATCH (n:`{name}`) RETURN properties(n) AS known LIMIT {_SAMPLED}"):
                for key, value in object_of(row.get("known")).items():
                    text = str(value)[:_EXAMPLE_CHARS]
                    kept = values.setdefault(key, [])
                    if isinstance(value, (str, int, float)) and len(kept) < _EXAMPLES and text not in kept:
                        kept.append(text)
            found[label] = values
        return found

    def _check(self, answer: Any) -> None:
        errors = objects_of(member(answer, "errors"))
        if errors:
            raise self._service.error(f"neo4j refused the statement: {text_of(errors[0].get('code'))} {text_of(errors[0].get('message'))}")


def http_url(url: str) -> str:
    """Where the HTTP server of a database is that drivers reach at `url`. Raises ValueError for what is no address."""
    parts = urlsplit(url.strip())
    if not parts.hostname:
        raise ValueError("not a URL with a host")
    if parts.scheme in ("http", "https"):
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.scheme not in _SECURE:
        return f"http://{host}:{_PLAIN_PORT}"
    return f"https://{host}" if host.endswith(_CLOUD) else f"https://{host}:{_SECURE_PORT}"


def _rows(fields: Any, values: Any) -> list[dict[str, Any]]:
    names = [str(name) for name in fields] if isinstance(fields, list) else []
    return [dict(zip(names, row, strict=False)) for row in (values if isinstance(values, list) else []) if isinstance(row, list)]


def _properties(rows: list[dict[str, Any]], owner: str) -> dict[str, dict[str, str]]:
    """The types of the properties of each label, or of each kind of relationship."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        names = row.get(owner)
        for name in names if isinstance(names, list) else [text_of(names).removeprefix(":").strip("`")]:
            properties = found.setdefault(str(name), {})
            if row.get("propertyName"):
                kinds = row.get("propertyTypes")
                properties[str(row["propertyName"])] = " or ".join(str(kind) for kind in kinds) if isinstance(kinds, list) else str(kinds)
    return found


def _line(name: str, properties: Mapping[str, str], examples: Mapping[str, list[str]]) -> str:
    shown = []
    for key, kind in properties.items():
        known = f" such as {', '.join(examples[key])}" if examples.get(key) else ""
        shown.append(f"{key}: {kind}{known}")
    return f"{name} {{{'; '.join(shown)}}}"


def _pattern(row: Mapping[str, Any]) -> str:
    def labels(value: Any) -> str:
        return "".join(f":{label}" for label in value) if isinstance(value, list) else ""

    return f"({labels(row.get('source'))})-[:{text_of(row.get('relation'))}]->({labels(row.get('target'))})"
