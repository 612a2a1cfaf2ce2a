"""Tools that are one request each to a service's JSON API, made from tables."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from flowisectl.clients.rest import RestService
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError, InvalidFlow, MissingInput
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import Tool, ToolOutcome
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters

_PLACE = re.compile(r"\{(\w+)\}")
_KINDS = {"text": "string", "number": "number", "list": "array", "flag": "boolean", "object": "object"}

Arguments = Mapping[str, Any]
Service = Callable[[], Awaitable[RestService]]


@dataclass(frozen=True, kw_only=True)
class RestAction:
    """`path` names arguments in braces; those go into the address. `query` maps the others to parameters of the address."""

    key: str
    """How the node's input calls it."""
    tool: str
    """How the model calls it."""
    description: str
    method: str
    path: str | Callable[[Arguments], str]
    arguments: Mapping[str, str]
    """Name → what it is; a kind may follow after a last colon (`how many:number`)."""
    required: tuple[str, ...] = ()
    query: Mapping[str, str] | None = None
    body: Callable[[Arguments], Any] | None = None
    act: Callable[[RestService, Arguments], Awaitable[Any]] | None = None
    """For an action that is more than this one request: gives what the tool tells."""


def action(
    key: str,
    tool: str,
    description: str,
    method: str,
    path: str | Callable[[Arguments], str],
    arguments: Mapping[str, str],
    *required: str,
    **more: Any,
) -> RestAction:
    """A row of a table of actions."""
    return RestAction(key=key, tool=tool, description=description, method=method, path=path, arguments=arguments, required=required, **more)


def chosen(actions: Sequence[RestAction], names: Any, inputs: NodeInputs) -> list[RestAction]:
    """The actions that a node's input names, as a list or as JSON text of one. Raises MissingInput, InvalidFlow."""
    wanted = [str(name) for name in names] if isinstance(names, list) else []
    if not wanted:
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no action: choose at least one")
    by_key = {action.key: action for action in actions}
    for name in wanted:
        if name not in by_key:
            raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): the action {name!r} is not supported yet: choose another one")
    return [by_key[name] for name in wanted]


def rest_tool(action: RestAction, service: Service, fixed: Arguments) -> Tool:
    """`fixed` are arguments that the node's author fills in: no call changes them. The service is opened for every call, as tokens end."""
    fixed = {name: value for name, value in fixed.items() if value is not None and value != ""}

    async def call(arguments: Arguments, flow: Mapping[str, Any]) -> ToolOutcome:
        given = {name: value for name, value in arguments.items() if value is not None and value != ""}
        values = {**given, **fixed}
        missing = [name for name in action.required if name not in values]
        if missing:
            raise FlowError(f"{action.tool} lacks {', '.join(missing)}")
        answer = await action.act(await service(), values) if action.act else await _request(action, await service(), values)
        text = orjson.dumps({"success": True} if answer is None else answer).decode()
        return ToolOutcome(text=text, tool_input=values)

    required = tuple(name for name in action.required if name not in fixed)
    properties = {name: _property(about) for name, about in action.arguments.items()}
    spec = ToolSpec(name=action.tool, description=action.description, parameters=parameters(properties, required))
    return FunctionTool(spec=spec, function=call)


async def _request(action: RestAction, service: RestService, values: Arguments) -> Any:
    path = action.path(values) if callable(action.path) else filled(action.path, values)
    body = action.body(values) if action.body else None
    return await service.json(action.method, path, body, query=query_of(action.query or {}, values) or None)


def query_of(names: Mapping[str, str], values: Arguments) -> dict[str, Any]:
    """The parameters of an address: argument → its name there."""
    given = {name: values[argument] for argument, name in names.items() if argument in values}
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}


def filled(path: str, values: Arguments) -> str:
    """The path with arguments in the place of their names, encoded; the service refuses one that leads elsewhere."""
    return _PLACE.sub(lambda match: quote(str(values.get(match[1], "")), safe=""), path)


def names(value: Any) -> list[str]:
    """A list of names, given as such or between commas."""
    parts = value if isinstance(value, list) else str(value or "").split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def _property(about: str) -> dict[str, Any]:
    text, _, kind = about.rpartition(":")
    if not text or kind not in _KINDS:
        text, kind = about, "text"
    schema: dict[str, Any] = {"type": _KINDS[kind], "description": text}
    return {**schema, "items": {"type": "string"}} if kind == "list" else schema
