"""Answers with what an API says that an OpenAPI document describes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import orjson

from flowisectl.clients.web_crawl import PageFailed, fetch_text
from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import headers_of
from flowisectl.errors import FlowError, MissingInput
from flowisectl.interfaces.chat_model import ChatModel, ChatOptions, ToolSpec
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.url_text import shown
from flowisectl.llm.chat_streaming import AnswerTeller
from flowisectl.llm.openapi import Endpoint, OpenApi, read_openapi
from flowisectl.llm.openapi_calls import address_of, schema_of
from flowisectl.nodes.chains._answering import answer_with

MAX_ANSWER = 100_000
MAX_ENDPOINTS = 128
"""Models take no more tools in one call."""
ASK = "Answer this request with one call of the API, whose endpoints are your tools.\n\nRequest: "
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, kw_only=True)
class OpenApiCaller:
    """The model chooses one endpoint and its arguments; what the API says to that is the answer."""

    model: ChatModel
    api: OpenApi
    server: str
    headers: Mapping[str, str]
    http: HttpClient

    async def respond(self, question: str, teller: AnswerTeller | None = None) -> str:
        """Raises ProviderError, FlowError."""
        endpoints = {_NO_NAME.sub("_", endpoint.name)[:64]: endpoint for endpoint in self.api.endpoints[:MAX_ENDPOINTS]}
        tools = tuple(
            ToolSpec(name=name, description=endpoint.description[:1024], parameters=schema_of(endpoint))
            for name, endpoint in endpoints.items()
        )
        reply = await self.model.invoke([ChatMessage(role="user", content=ASK + question)], ChatOptions(tools=tools))
        if not reply.tool_calls:
            return reply.text
        call = reply.tool_calls[0]
        if call.name not in endpoints:
            raise FlowError(f"the model called {call.name[:80]!r}, which the OpenAPI document does not have")
        return await self._send(endpoints[call.name], call.arguments)

    async def answer(self, question: str) -> str:
        return await self.respond(question)

    async def _send(self, endpoint: Endpoint, arguments: Mapping[str, Any]) -> str:
        """The address is a model's: the whole deny list holds."""
        url, body = address_of(endpoint, self.server, arguments), arguments.get("RequestBody")
        headers = self.headers if body is None else {"content-type": "application/json", **self.headers}
        data = None if body is None else orjson.dumps(body)
        try:
            response = await self.http.request(HttpCall(method=endpoint.method, url=url, headers=headers, body=data))
        except (HttpFailed, HttpDenied) as error:
            raise FlowError(f"{endpoint.method} {shown(url)}: {error}") from error
        text = response.text[:MAX_ANSWER]
        return text if 200 <= response.status < 300 else f"{response.status} {response.reason}: {text}"


class OpenApiChain(Node):
    definition = NodeDefinition(
        name="openApiChain",
        label="OpenAPI Chain",
        category="Chains",
        version=2.0,
        base_classes=("OpenAPIChain", "BaseChain", "Runnable"),
        description="Answers with what an API says that an OpenAPI document describes",
        inputs=(
            NodeParam("model", "Chat Model", "BaseChatModel"),
            NodeParam("yamlLink", "YAML Link", "string", placeholder="https://api.speak.com/openapi.yaml"),
            NodeParam("yamlFile", "YAML File", "file", file_type=".yaml"),
            NodeParam("headers", "Headers", "json", optional=True, additional=True),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> OpenApiCaller:
        api = read_openapi(await _document(inputs, context))
        server = urljoin(inputs.text("yamlLink").strip(), next((server for server in api.servers if server), ""))
        if not server.startswith(("http://", "https://")) or not any(api.servers):
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}): the OpenAPI document names no server with its whole address")
        return OpenApiCaller(
            model=inputs.require("model"), api=api, server=server, headers=headers_of(inputs, "headers"), http=context.http
        )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with(await self.build(inputs, context), inputs, context)


async def _document(inputs: NodeInputs, context: RunContext) -> str:
    """What is behind the link, else what is in the file."""
    where, link = f"node {inputs.node_id!r} ({inputs.label})", inputs.text("yamlLink").strip()
    if link:
        try:
            return await fetch_text(context.http, link, any_type=True)
        except PageFailed as error:
            raise FlowError(f"{where}: the OpenAPI document cannot be read: {error}") from error
    files = await files_of("yamlFile", inputs, context)
    if not files:
        raise MissingInput(f"{where} has no OpenAPI document: choose a file or give a link")
    return files[0].data.decode("utf-8", "replace")
