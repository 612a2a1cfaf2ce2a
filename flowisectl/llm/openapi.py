"""An OpenAPI document (https://spec.openapis.org/oas/v3.1.0) → the endpoints that an agent may call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from flowisectl.errors import InvalidFlow, MissingExtra

MAX_BYTES = 10_000_000
MAX_DEPTH = 30
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_KEPT = ("type", "description", "enum", "format", "default", "minimum", "maximum", "pattern", "nullable")


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    name: str
    """The `operationId`."""
    description: str
    method: str
    path: str
    path_parameters: Mapping[str, Any] = field(default_factory=dict)
    """Name → schema."""
    query_parameters: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    required: frozenset[str] = frozenset()
    """Names of parameters that a call must have; `body` stands for the body."""


@dataclass(frozen=True, kw_only=True)
class OpenApi:
    servers: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]


def read_openapi(text: str) -> OpenApi:
    """Read JSON or YAML. Raises InvalidFlow, MissingExtra for YAML without its library."""
    if len(text) > MAX_BYTES:
        raise InvalidFlow(f"the OpenAPI document has more than {MAX_BYTES} characters")
    data = _parsed(text)
    if not isinstance(data, Mapping) or not isinstance(data.get("paths"), Mapping):
        raise InvalidFlow("this is no OpenAPI document: it has no paths")
    servers = tuple(str(server.get("url") or "") for server in data.get("servers") or [] if isinstance(server, Mapping))
    return OpenApi(servers=servers, endpoints=tuple(_endpoints(data)))


def _parsed(text: str) -> Any:
    if text.lstrip()[:1] == "{":
        try:
            return orjson.loads(text)
        except ValueError as error:
            raise InvalidFlow(f"the OpenAPI document is no JSON: {error}") from error
    try:
        import yaml  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise MissingExtra("openAPIToolkit", "yaml") from error
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidFlow(f"the OpenAPI document is no YAML: {str(error)[:300]}") from error


def _endpoints(document: Mapping[str, Any]) -> Iterator[Endpoint]:
    for path, item in document["paths"].items():
        if not isinstance(item, Mapping):
            continue
        for method in _METHODS:
            operation = item.get(method)
            if isinstance(operation, Mapping) and operation.get("operationId"):
                yield _endpoint(document, str(path), method, operation, item.get("parameters") or [])


def _endpoint(document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any], shared: list[Any]) -> Endpoint:
    places: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
    required: set[str] = set()
    for entry in [*shared, *(operation.get("parameters") or [])]:
        parameter = _resolved(document, entry)
        name, place = str(parameter.get("name") or ""), str(parameter.get("in") or "")
        if name and place in places:
            schema = _schema(document, parameter.get("schema") or {}, 0)
            places[place][name] = {"description": str(parameter.get("description") or ""), **schema}
            if parameter.get("required") or place == "path":
                required.add(name)
    body = _resolved(document, operation.get("requestBody") or {})
    content = body.get("content") if isinstance(body.get("content"), Mapping) else {}
    media = content.get("application/json") or next(iter(content.values()), None) if content else None
    content_schema = _schema(document, media.get("schema") or {}, 0) if isinstance(media, Mapping) else None
    if content_schema is not None and body.get("required"):
        required.add("body")
    return Endpoint(
        name=str(operation["operationId"]),
        description=str(operation.get("description") or operation.get("summary") or operation["operationId"]),
        method=method.upper(),
        path=path,
        path_parameters=places["path"],
        query_parameters=places["query"],
        body=content_schema,
        required=frozenset(required),
    )


def _schema(document: Mapping[str, Any], entry: Any, depth: int) -> dict[str, Any]:
    """A schema without references. Below MAX_DEPTH, as in a schema that holds itself, anything goes."""
    if depth > MAX_DEPTH or not isinstance(entry, Mapping):
        return {}
    source = _resolved(document, entry)
    schema: dict[str, Any] = {name: source[name] for name in _KEPT if name in source}
    for part in source.get("allOf") or []:
        inner = _schema(document, part, depth + 1)
        properties = {**schema.get("properties", {}), **inner.pop("properties", {})}
        schema = {**schema, **inner, **({"properties": properties} if properties else {})}
    for name in ("oneOf", "anyOf"):
        if isinstance(source.get(name), list):
            schema["anyOf"] = [_schema(document, part, depth + 1) for part in source[name]]
    if isinstance(source.get("properties"), Mapping):
        found = {str(name): _schema(document, part, depth + 6) for name, part in source["properties"].items()}
        schema["properties"] = {**schema.get("properties", {}), **found}
        schema.setdefault("type", "object")
    if isinstance(source.get("required"), list):
        schema["required"] = source["required"]
    if "items" in source:
        schema["items"] = _schema(document, source["items"], depth + 3)
    return schema


def _resolved(document: Mapping[str, Any], entry: Any) -> Mapping[str, Any]:
    """What a `$ref` into the same document points at. Raises InvalidFlow for one that points nowhere."""
    for _ in range(MAX_DEPTH):
        reference = entry.get("$ref") if isinstance(entry, Mapping) else None
        if reference is None:
            break
        found: Any = document
        for piece in str(reference).removeprefix("#/").split("/"):
            found = found.get(piece.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
        if found is None:
            raise InvalidFlow(f"the OpenAPI document has no {reference}: references to other files are not followed")
        entry = found
    return entry if isinstance(entry, Mapping) else {}
