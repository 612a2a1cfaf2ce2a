"""Lets an agent call the endpoints of an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import orjson

from flowisectl.clients.web_crawl import PageFailed, fetch_text
from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import headers_of
from flowisectl.engine.user_function import call_user_function, variables_of
from flowisectl.errors import FlowError, MissingInput
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.http import HttpCall, HttpDenied, HttpFailed
from flowisectl.interfaces.tool import Tool, ToolOutcome
from flowisectl.interfaces.url_text import shown
from flowisectl.llm.openapi import Endpoint, OpenApi, read_openapi
from flowisectl.llm.openapi_calls import address_of, schema_of
from flowisectl.llm.prompt_template import as_text
from flowisectl.nodes.tools._function_tool import FunctionTool

_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")
_MAX_ANSWER = 100_000


class OpenAPIToolkit(Node):
    definition = NodeDefinition(
        name="openAPIToolkit",
        label="OpenAPI Toolkit",
        category="Tools",
        version=2.1,
        base_classes=("OpenAPIToolkit", "Tool"),
        description="Lets an agent call the endpoints of an OpenAPI document",
        inputs=(
            NodeParam(
                "inputType",
                "Input Type",
                "options",
                default="file",
                options=(Option("Upload File", "file"), Option("Provide Link", "link")),
            ),
            NodeParam("openApiFile", "OpenAPI File", "file", file_type=".yaml,.json", show={"inputType": "file"}),
            NodeParam("openApiLink", "OpenAPI Link", "string", show={"inputType": "link"}),
            NodeParam("selectedServer", "Server", "asyncOptions", load_method="listServers"),
            NodeParam("selectedEndpoints", "Available Endpoints", "asyncMultiOptions", load_method="listEndpoints"),
            NodeParam("returnDirect", "Return Direct", "boolean", optional=True),
            NodeParam("headers", "Headers", "json", optional=True, additional=True),
            NodeParam("removeNulls", "Remove null parameters", "boolean", optional=True),
            NodeParam("customCode", "Custom Code", "code", default=None, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        api = read_openapi(await _document(inputs, context))
        server = _server(inputs, api)
        headers = headers_of(inputs, "headers")
        wanted = inputs.json("selectedEndpoints")
        names = {str(name) for name in wanted} if isinstance(wanted, list) else set()
        endpoints = [endpoint for endpoint in api.endpoints if not names or endpoint.name in names]
        return [self._tool(endpoint, server, headers, inputs, context) for endpoint in endpoints]

    @staticmethod
    def _tool(endpoint: Endpoint, server: str, headers: Mapping[str, str], inputs: NodeInputs, context: RunContext) -> Tool:
        code, drops_nulls = inputs.text("customCode"), inputs.flag("removeNulls")

        async def call(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str | ToolOutcome:
            given = _without_nulls(arguments) if drops_nulls else dict(arguments)
            url = address_of(endpoint, server, given)
            body = given.get("RequestBody")
            sent = {**({"content-type": "application/json"} if body is not None else {}), **headers}
            if not code:
                return await _send(context, endpoint.method, url, sent, body)
            options: dict[str, Any] = {"method": endpoint.method, "headers": {"Content-Type": "application/json", **headers}}
            if body is not None:
                options["body"] = orjson.dumps(body).decode()
            names = {f"${name}": value for name, value in given.items()}
            result = await call_user_function(
                context,
                code,
                flow=flow,
                question=context.request.question,
                variables=await variables_of(context, inputs),
                extra={**names, "$url": url, "$options": options},
            )
            return as_text("" if result is None else result)

        name = _NO_NAME.sub("_", endpoint.name)[:64]
        spec = ToolSpec(name=name, description=endpoint.description[:1024], parameters=schema_of(endpoint))
        return FunctionTool(spec=spec, function=call, return_direct=inputs.flag("returnDirect"))


async def _send(context: RunContext, method: str, url: str, headers: Mapping[str, str], body: Any) -> str:
    data = None if body is None else orjson.dumps(body)
    try:
        response = await context.http.request(HttpCall(method=method, url=url, headers=headers, body=data))
    except (HttpFailed, HttpDenied) as error:
        raise FlowError(f"{method} {shown(url)}: {error}") from error
    return response.text[:_MAX_ANSWER]


async def _document(inputs: NodeInputs, context: RunContext) -> str:
    where = f"node {inputs.node_id!r} ({inputs.label})"
    if inputs.text("inputType", "file") == "link" and inputs.get("openApiLink"):
        try:
            return await fetch_text(context.http, inputs.text("openApiLink"), any_type=True)
        except PageFailed as error:
            raise FlowError(f"{where}: the OpenAPI document cannot be read: {error}") from error
    name = next((name for name in ("openApiFile", "yamlFile") if inputs.get(name)), "")
    files = await files_of(name, inputs, context) if name else []
    if not files:
        raise MissingInput(f"{where} has no OpenAPI document: choose a file or give a link")
    return files[0].data.decode("utf-8", "replace")


def _server(inputs: NodeInputs, api: OpenApi) -> str:
    """The chosen server, else the document's first. Raises MissingInput without any."""
    chosen = inputs.text("selectedServer") or next((server for server in api.servers if server), "")
    if chosen.startswith("/") and inputs.get("openApiLink"):
        chosen = urljoin(inputs.text("openApiLink"), chosen)
    if not chosen.startswith(("http://", "https://")):
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}): the OpenAPI document names no server: choose one")
    return chosen


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value if item is not None] if isinstance(value, list) else value
