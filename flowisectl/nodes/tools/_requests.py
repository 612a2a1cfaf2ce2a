"""The tools that send HTTP requests: what the node fixes and what the model may fill in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError, InvalidFlow, MissingInput
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.http import HttpCall, HttpDenied, HttpFailed, Reach
from flowisectl.interfaces.tool import Tool
from flowisectl.interfaces.url_text import climbs
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters

_TAG = re.compile(r"<[^<>]*>")
_NO_NAME = re.compile(r"[^a-z0-9_-]")

_CARRIED = {"body": "body data", "queryParams": "query parameters"}
_DESCRIBED = {"body": "Request body parameters", "queryParams": "Query parameters for the request"}


class RequestFailed(FlowError):
    """A request of a tool got no answer, or one that is no success."""


def request_tool(method: str, prefix: str, inputs: NodeInputs, context: RunContext, *, description: str) -> Tool:
    """A tool that sends one kind of request. `prefix` begins the names of the node's inputs (`requestsGet`)."""
    node = _NodeInputs(inputs, prefix)
    url = _TAG.sub("", node.text("url")).strip()
    if not url:
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no URL: fill it in")
    headers = _headers(node)
    max_chars = node.inputs.integer(prefix + "MaxOutputLength") or node.inputs.integer("maxOutputLength") or 2000
    has_body = method in ("POST", "PUT")
    fields = node.json("bodySchema" if has_body else "queryParamsSchema")
    own_body = _own_body(inputs) if has_body else None

    async def call(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
        address, body, sent = url, None, headers
        if has_body:
            given = arguments.get("body") if fields else None
            body = orjson.dumps({**(own_body or {}), **(given if isinstance(given, Mapping) else {})})
            sent = {"content-type": "application/json", **headers}
        else:
            given = arguments.get("queryParams")
            address = filled_url(url, given if isinstance(given, Mapping) else {}, fields or {})
        return await _send(context, HttpCall(method=method, url=address, headers=sent, body=body, reach=Reach.PUBLIC), max_chars)

    name = _NO_NAME.sub("", (node.text("name") or _default_name(method)).lower().replace(" ", "_"))
    argument = "body" if has_body else "queryParams"
    spec = ToolSpec(
        name=name or _default_name(method),
        description=node.text("description") or inputs.wording(f"{prefix}Description", description),
        parameters=_parameters(argument, fields),
    )
    return FunctionTool(spec=spec, function=call)


def filled_url(url: str, given: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    """The URL with the model's values: those of `in: path` replace `:name` or are appended, the others go into the query.

    Raises FlowError for one that would lead to another place.
    """
    query: dict[str, str] = {}
    parts = urlsplit(url)
    path = parts.path
    for name, value in given.items():
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        field = fields.get(name)
        if isinstance(field, Mapping) and field.get("in") == "path":
            path = _with_piece(path, name, quote(text, safe=""))
        else:
            query[name] = text
    if climbs(path) and not climbs(parts.path):
        raise FlowError(f"a value for the path {parts.path} is '.' or '..', which would lead elsewhere: give the value itself")
    joined = "&".join(part for part in (parts.query, urlencode(query)) if part)
    return urlunsplit((parts.scheme, parts.netloc, path, joined, parts.fragment))


def _with_piece(path: str, name: str, piece: str) -> str:
    """The path with `:name` replaced by a piece, or with the piece at its end."""
    before, mark, after = path.partition(f":{name}")
    if mark and not after[:1].isalnum():
        return before + piece + after
    return f"{path.rstrip('/')}/{piece}"


class _NodeInputs:
    """Inputs under their present name (`requestsGetUrl`) or that of older nodes (`url`), which wins."""

    def __init__(self, inputs: NodeInputs, prefix: str) -> None:
        self.inputs = inputs
        self._prefix = prefix

    def text(self, name: str) -> str:
        return self.inputs.text(name) or self.inputs.text(self._prefix + name[0].upper() + name[1:])

    def json(self, name: str) -> Any:
        value = self.inputs.json(name)
        return self.inputs.json(self._prefix + name[0].upper() + name[1:]) if value is None else value


def _headers(node: _NodeInputs) -> dict[str, str]:
    if not node.text("headers"):
        return {}
    value = node.json("headers")
    if isinstance(value, list):  # rows of a grid: [{key, value}]
        value = {row["key"]: row.get("value", "") for row in value if isinstance(row, Mapping) and row.get("key")}
    if not isinstance(value, Mapping):
        raise InvalidFlow(f"node {node.inputs.node_id!r} ({node.inputs.label}): its headers are no JSON object")
    return {str(name): _TAG.sub("", str(text)) for name, text in value.items()}


def _own_body(inputs: NodeInputs) -> Mapping[str, Any]:
    """The body that the node fixes; older nodes call it `body`, and it wins as their other inputs do."""
    names = ("body", "requestPutBody", "requestPostBody", "requestsPutBody")
    value = inputs.json(next((name for name in names if inputs.get(name)), ""))
    return value if isinstance(value, Mapping) else {}


def _parameters(argument: str, fields: Any) -> dict[str, Any]:
    """What the model may give: the fields of the node's schema `{name: {type, in?, required?, description?}}`."""
    if not isinstance(fields, Mapping) or not fields:
        free: dict[str, Any] = {"type": "object", "additionalProperties": {} if argument == "body" else {"type": "string"}}
        return parameters({argument: {**free, "description": f"Optional {_CARRIED[argument]} to include in the request"}})
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, field in fields.items():
        known = field if isinstance(field, Mapping) else {}
        properties[name] = {"type": str(known.get("type") or "string")}
        if known.get("description"):
            properties[name]["description"] = str(known["description"])
        if known.get("required"):
            required.append(name)
    whole = {**parameters(properties, tuple(required)), "description": _DESCRIBED[argument]}
    return parameters({argument: whole}, ("body",) if argument == "body" else ())


async def _send(context: RunContext, call: HttpCall, max_chars: int) -> str:
    try:
        response = await context.http.request(call)
    except (HttpFailed, HttpDenied) as error:
        raise RequestFailed(f"Failed to make {call.method} request: {error}") from error
    if not 200 <= response.status < 300:
        raise RequestFailed(f"Failed to make {call.method} request: HTTP Error {response.status}: {response.reason}")
    return response.text[:max_chars]


def _default_name(method: str) -> str:
    return f"requests_{method.lower()}"
