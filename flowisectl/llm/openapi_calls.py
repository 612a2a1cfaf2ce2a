"""A call of an endpoint that a model writes: the parameters that it is offered, the address that comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from flowisectl.errors import FlowError
from flowisectl.interfaces.url_text import climbs
from flowisectl.llm.openapi import Endpoint
from flowisectl.llm.prompt_template import as_text


def schema_of(endpoint: Endpoint) -> dict[str, Any]:
    """The tool's parameters: `PathParameters`, `QueryParameters` and `RequestBody`, each only when the endpoint has some."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, group in (("PathParameters", endpoint.path_parameters), ("QueryParameters", endpoint.query_parameters)):
        if group:
            needed = tuple(key for key in group if key in endpoint.required)
            properties[name] = _object(group, needed)
            required += [name] if needed else []
    if endpoint.body is not None:
        properties["RequestBody"] = {"type": "object", **endpoint.body}
        required += ["RequestBody"] if "body" in endpoint.required else []
    return _object(properties, tuple(required))


def address_of(endpoint: Endpoint, server: str, arguments: Mapping[str, Any]) -> str:
    """The endpoint's address with the parameters of a call filled in. Raises FlowError for one that leads elsewhere."""
    path = endpoint.path
    given = arguments.get("PathParameters")
    for name, value in (given if isinstance(given, Mapping) else {}).items():
        path = path.replace("{" + str(name) + "}", quote(as_text(value), safe=""))
    if climbs(path) and not climbs(endpoint.path):
        raise FlowError(f"a path parameter of {endpoint.path} is '.' or '..', which would lead elsewhere: give the value itself")
    query = arguments.get("QueryParameters")
    pairs = [
        (str(name), as_text(item))
        for name, value in (query if isinstance(query, Mapping) else {}).items()
        if value is not None
        for item in (value if isinstance(value, list) else [value])
    ]
    return f"{server.rstrip('/')}{path}" + (f"?{urlencode(pairs)}" if pairs else "")


def _object(properties: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    return {**schema, **({"required": [*required]} if required else {}), "additionalProperties": False}
