"""What may be chosen in a node's inputs of type `asyncOptions` and `asyncMultiOptions`: models, stores, flows, tools, actions.

A choice is `{label, name, description?}`; `name` is what the flow keeps.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from flowisectl.database.assistant import list_assistants
from flowisectl.database.chat_flow import list_flow_rows
from flowisectl.database.custom_mcp_server import get_mcp_server, list_mcp_servers
from flowisectl.database.document_store import list_stores
from flowisectl.database.rows import json_value
from flowisectl.database.tool import get_tool, list_tools
from flowisectl.engine.node import NodeDefinition, NodeInputs, Option
from flowisectl.interfaces.http import HttpClient, Reach
from flowisectl.web.access.callers import Caller
from flowisectl.web.catalogue.model_names import MODELS
from flowisectl.web.catalogue.region_names import REGIONS
from flowisectl.web.services import WebServices

AGENTFLOW = "Agent Flows"
OTHER_KIND = "LlamaIndex"
"""The tag of components that agentflows cannot use."""
FLOW_WRITES = ("chatflows:create", "chatflows:update", "agentflows:create", "agentflows:update")

Choice = dict[str, Any]


@runtime_checkable
class _OffersChoices(Protocol):
    """A node that asks a service what can be chosen."""

    async def choices(self, method: str, inputs: NodeInputs, http: HttpClient) -> list[Option]: ...


@runtime_checkable
class _OffersNames(Protocol):
    """A node that can ask its service for the names of what there is."""

    async def offered(self, inputs: NodeInputs, http: HttpClient) -> list[str]: ...


@dataclass(frozen=True, kw_only=True)
class NodeChoices:
    """The choices of one node for one caller. `body` is the node's data, with its neighbours beside it."""

    definition: NodeDefinition
    body: Mapping[str, Any]
    services: WebServices
    caller: Caller

    async def of(self, method: str) -> list[Choice]:
        """The choices that this load method gives; none for a method that the node does not have. Raises FlowisectlError."""
        load = self._methods().get(method)
        return await load() if load is not None else await self._of_node(method)

    def _methods(self) -> dict[str, Callable[[], Awaitable[list[Choice]]]]:
        return {
            "listModels": self._models,
            "listEmbeddings": lambda: self._components("Embeddings"),
            "listVectorStores": lambda: self._components("Vector Stores"),
            "listTools": self._tools,
            "listToolInputArgs": self._tool_arguments,
            "listStores": self._stores,
            "listFlows": lambda: self._flows(None),
            "listChatflows": lambda: self._flows("CHATFLOW"),
            "listAgentflows": lambda: self._flows("AGENTFLOW"),
            "listPreviousNodes": self._previous_nodes,
            "listRuntimeStateKeys": self._state_keys,
            "listTimezones": self._time_zones,
            "listRegions": self._regions,
            "listTopics": self._offered,
            "listTables": self._offered,
            "listServers": self._servers,
            "listActions": self._actions,
            "listAssistants": self._assistants,
        }

    async def _models(self) -> list[Choice]:
        if self.definition.category == AGENTFLOW:
            return await self._components("Chat Models")
        return [_choice(name, name) for name in MODELS.get(self.definition.name, ())]

    async def _components(self, *categories: str) -> list[Choice]:
        found = (node.definition for node in self.services.catalogue)
        chosen = [item for item in found if item.category in categories and OTHER_KIND not in item.tags]
        return [_choice(item.label, item.name, item.description) for item in sorted(chosen, key=lambda item: item.label.lower())]

    async def _tools(self) -> list[Choice]:
        if self.definition.category == AGENTFLOW:
            return await self._components("Tools", "Tools (MCP)")
        rows, _ = await list_tools(self.services.database, self.caller.workspace_id)
        return [_choice(row["name"], row["id"], row["description"]) for row in rows]

    async def _tool_arguments(self) -> list[Choice]:
        """The parameters of the workspace's tool that the node has chosen."""
        config = self._inputs.json("toolAgentflowSelectedToolConfig") or self._inputs.json("selectedToolConfig")
        chosen = config.get("selectedTool") if isinstance(config, Mapping) else None
        row = await get_tool(self.services.database, str(chosen)) if chosen else None
        if row is None or row["workspaceId"] != self.caller.workspace_id:
            return []
        schema = json_value(row["schema"])
        rows = [item for item in schema if isinstance(item, Mapping) and item.get("property")] if isinstance(schema, list) else []
        return [_choice(str(item["property"]), str(item["property"]), str(item.get("description") or "")) for item in rows]

    async def _stores(self) -> list[Choice]:
        """The stores whose vectors are written; the loader of documents takes those whose chunks are there, too."""
        states = ("UPSERTED", "SYNC") if self.definition.name == "documentStore" else ("UPSERTED",)
        rows, _ = await list_stores(self.services.database, self.caller.workspace_id)
        found = [row for row in rows if row["status"] in states]
        is_agentflow = self.definition.category == AGENTFLOW
        return [_choice(row["name"], f"{row['id']}:{row['name']}" if is_agentflow else row["id"], row["description"]) for row in found]

    async def _flows(self, kind: str | None) -> list[Choice]:
        rows, _ = await list_flow_rows(self.services.database, self.caller.workspace_id, kind)
        shown = [row for row in rows if kind or row["type"] != "ASSISTANT"]
        return [_choice(row["name"], row["id"], "" if kind else _KINDS.get(row["type"], "")) for row in shown]

    async def _previous_nodes(self) -> list[Choice]:
        return [_choice(str(node.get("label")), f"{node['id']}-{node.get('label')}", str(node["id"])) for node in self._neighbours()]

    async def _state_keys(self) -> list[Choice]:
        """The keys of the state that the flow's Start node declares."""
        starts = [node for node in self._neighbours() if node.get("name") == "startAgentflow" and isinstance(node.get("inputs"), Mapping)]
        rows = [row for node in starts for row in NodeInputs(node["inputs"]).rows("startState")]
        return [_choice(str(row["key"]), str(row["key"])) for row in rows if row.get("key")]

    async def _assistants(self) -> list[Choice]:
        """The assistants of the workspace that live at OpenAI."""
        rows = await list_assistants(self.services.database, self.caller.workspace_id)
        found = [(row, json_value(row["details"])) for row in rows if row["type"] != "CUSTOM"]
        return [
            _choice(str(details.get("name")), row["id"], str(details.get("instructions") or ""))
            for row, details in found
            if isinstance(details, dict) and details.get("name")
        ]

    async def _time_zones(self) -> list[Choice]:
        return [_choice(name, name) for name in sorted(zoneinfo.available_timezones())]

    async def _regions(self) -> list[Choice]:
        return [_choice(name, name) for name in REGIONS.get(self.definition.name, ())]

    async def _offered(self) -> list[Choice]:
        """What a service has for the credential that the node has chosen."""
        node = self.services.catalogue.get(self.definition.name)
        if self.services.outgoing is None or not self.caller.may(*FLOW_WRITES) or not isinstance(node, _OffersNames):
            return []
        return [_choice(name, name) for name in await node.offered(await self._inputs_with_credential(), self.services.outgoing)]

    async def _servers(self) -> list[Choice]:
        """MCP servers of the workspace."""
        if self.definition.name != "customMcpServerTool":
            return []
        rows, _ = await list_mcp_servers(self.services.database, self.caller.workspace_id)
        return [_choice(row["name"], row["id"]) for row in rows if row["status"] == "AUTHORIZED"]

    async def _actions(self) -> list[Choice]:
        match self.definition.name:
            case "slackMCP":
                from flowisectl.nodes.tools.slack_mcp import ACTIONS  # here and below: nodes are loaded when somebody asks for them

                return [_choice(action.tool, action.key, action.description) for action in ACTIONS]
            case "customMcpServerTool":
                row = await get_mcp_server(self.services.database, self._inputs.text("mcpServerId"))
                tools = json_value(row["tools"]) if row is not None and row["workspaceId"] == self.caller.workspace_id else None
                return [_choice(str(tool["name"]), str(tool["name"]), str(tool["description"])) for tool in tools or []]
            case "customMCP" if self.services.outgoing is not None and self.caller.may(*FLOW_WRITES):
                from flowisectl.clients.mcp import open_mcp
                from flowisectl.nodes.tools.custom_mcp import server_of

                # It reaches out to an address in the body, as only those may who may save it in a flow.
                variables = await self.services.variables.values(self.caller.workspace_id)
                url, headers = server_of(self._inputs, variables)
                async with open_mcp(self.services.outgoing, url, headers=headers, reach=Reach.ENDPOINT) as session:
                    return [_choice(tool.name, tool.name, tool.description) for tool in await session.tools()]
        return await self._of_node("listActions")

    async def _of_node(self, method: str) -> list[Choice]:
        """What the node itself learns from its service, for those who may save it in a flow."""
        node = self.services.catalogue.get(self.definition.name)
        if not isinstance(node, _OffersChoices) or self.services.outgoing is None or not self.caller.may(*FLOW_WRITES):
            return []
        offered = await node.choices(method, await self._inputs_with_credential(), self.services.outgoing)
        return [option.to_json() for option in offered]

    async def _inputs_with_credential(self) -> NodeInputs:
        """The node's inputs, with the fields of its credential, one of the workspace. Raises CredentialNotFound."""
        inputs, chosen = self._inputs, self.body.get("credential")
        credential_id = chosen if isinstance(chosen, str) else inputs.text("FLOWISE_CREDENTIAL_ID")
        fields = await self.services.vault.fields(credential_id, self.caller.workspace_id) if credential_id else {}
        return NodeInputs(inputs.values, node_id=inputs.node_id, label=inputs.label, credential=fields)

    @property
    def _inputs(self) -> NodeInputs:
        """The node's own inputs; those of the agent around it, where it is one of an agent's tools."""
        given = self.body.get("inputs")
        node = self.body.get("currentNode")
        outer = node.get("inputs") if isinstance(node, Mapping) else None
        values = {**(outer if isinstance(outer, Mapping) else {}), **(given if isinstance(given, Mapping) else {})}
        return NodeInputs(values, node_id=str(self.body.get("id") or ""), label=self.definition.label)

    def _neighbours(self) -> Iterable[Mapping[str, Any]]:
        """The nodes before this one, each with an `id`; given as their data, or as nodes around it."""
        given = self.body.get("previousNodes")
        for node in given if isinstance(given, list) else []:
            data = node.get("data", node) if isinstance(node, Mapping) else None
            if isinstance(data, Mapping) and data.get("id"):
                yield data


_KINDS = {"CHATFLOW": "Chatflow", "AGENTFLOW": "Agentflow V2", "MULTIAGENT": "Agentflow V1"}


def _choice(label: str, name: str, description: str | None = "") -> Choice:
    return Option(label, name, description or "").to_json()
