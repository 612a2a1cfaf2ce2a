"""Lets an agent use the actions of an app that is connected at Composio."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import MissingInput
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._function_tool import FunctionTool

API_URL = "https://backend.composio.dev/api/v3"
SECONDS = 120.0
MAX_ACTIONS = 100
MAX_LISTED = 500
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")


class Composio(Node):
    """https://docs.composio.dev/reference/api-reference/tools"""

    definition = NodeDefinition(
        name="composio",
        label="Composio",
        category="Tools",
        version=2.0,
        base_classes=("Composio", "Tool", "StructuredTool", "Runnable"),
        description="Lets an agent use the actions of an app that is connected at Composio",
        credential=CredentialParam(("composioApi",)),
        inputs=(
            NodeParam("appName", "App Name", "asyncOptions", load_method="listApps"),
            NodeParam("connectedAccountId", "Connected Account", "asyncOptions", load_method="listConnections"),
            NodeParam("actions", "Actions to Use", "asyncMultiOptions", load_method="listActions"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        service = _service(inputs, context.http)
        wanted = inputs.json("actions")
        names = [str(name) for name in wanted][:MAX_ACTIONS] if isinstance(wanted, list) else []
        if not names:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no action: choose at least one")
        account = inputs.text("connectedAccountId")
        return [await _tool(service, name, account) for name in names]

    async def choices(self, method: str, inputs: NodeInputs, http: HttpClient) -> list[Option]:
        """Apps, the accounts that are connected for the chosen one, its actions. Raises MissingInput, ProviderError."""
        service, app = _service(inputs, http), inputs.text("appName")
        if method == "listApps":
            return [Option(str(item.get("name") or item["slug"]), str(item["slug"])) for item in await _listed(service, "/toolkits", {})]
        if method == "listConnections":
            found = await _listed(service, "/connected_accounts", {"toolkit_slugs": app} if app else {})
            return [Option(f"{item['id']} ({item.get('status')})", str(item["id"])) for item in found]
        if method == "listActions" and app:
            found = await _listed(service, "/tools", {"toolkit_slug": app})
            return [Option(str(item.get("name") or item["slug"]), str(item["slug"]), str(item.get("description") or "")) for item in found]
        return []


def _service(inputs: NodeInputs, http: HttpClient) -> RestService:
    key = require_key(inputs, "composioApi")
    return RestService(
        http, provider="composio", base_url=API_URL, headers={"x-api-key": key}, secrets=(key,), timeout_seconds=SECONDS, retries=2
    )


async def _listed(service: RestService, path: str, query: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    answer = await service.json("GET", path, query={**query, "limit": MAX_LISTED}) or {}
    return [item for item in answer.get("items") or [] if isinstance(item, Mapping)]


async def _tool(service: RestService, slug: str, account: str) -> Tool:
    about = await service.json("GET", f"/tools/{quote(slug, safe='')}") or {}

    async def call(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
        request = {"arguments": dict(arguments), **({"connected_account_id": account} if account else {})}
        answer = await service.json("POST", f"/tools/execute/{quote(slug, safe='')}", request) or {}
        if answer.get("successful") is False:
            raise service.error(f"composio: {slug} failed: {answer.get('error') or 'it does not say why'}")
        return orjson.dumps(answer).decode()

    spec = ToolSpec(
        name=_NO_NAME.sub("_", slug)[:64],
        description=str(about.get("description") or about.get("name") or slug)[:1024],
        parameters=_schema(about.get("input_parameters")),
    )
    return FunctionTool(spec=spec, function=call)


def _schema(given: Any) -> dict[str, Any]:
    """A JSON Schema object; parameters may also come by name, each with `required`."""
    found = given if isinstance(given, Mapping) else {}
    if isinstance(found.get("properties"), Mapping):
        return {"type": "object", **found}
    named = {str(name): dict(about) for name, about in found.items() if isinstance(about, Mapping)}
    required = [name for name, about in named.items() if about.pop("required", False) is True]
    return {"type": "object", "properties": named, **({"required": required} if required else {})}
