"""The tools of one agent: those it names, and its knowledge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowisectl.engine.agentflow.step import Step
from flowisectl.engine.agentflow.step_inputs import component_config
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.retriever import Retriever
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.agentflow._knowledge import RetrieverTool, store_of, store_retriever, vector_retriever
from flowisectl.nodes.agentflow._provider_tools import provider_tools
from flowisectl.nodes.agentflow._tools import build_tools


@dataclass(frozen=True, kw_only=True)
class AgentTools:
    by_name: Mapping[str, Tool]
    of_provider: tuple[Mapping[str, Any], ...]
    """Those that the model's provider runs itself."""
    needs_approval: frozenset[str]
    shown: list[dict[str, Any]]
    """`{name, description, schema, toolNode: {label, name}}`"""


async def gather_tools(inputs: NodeInputs, context: RunContext, step: Step) -> AgentTools:
    """Build every tool of the node. Of two with one name the first counts. Raises UnknownNode."""
    found: list[tuple[Tool, str, str, bool]] = []
    for row in inputs.rows("agentTools"):
        component = str(row.get("agentSelectedTool") or "")
        if component:
            approval = NodeInputs(row).flag("agentSelectedToolRequiresHumanInput")
            tools = await build_tools(component, component_config(inputs, "agentSelectedTool", row), inputs, context)
            found += [(tool, component, step.label_of(component), approval) for tool in tools]
    for row in inputs.rows("agentKnowledgeDocumentStores"):
        store_id, name = store_of(row.get("documentStore"))
        if store_id:
            retriever = await store_retriever(store_id, inputs, context)
            found.append((_retriever_tool(row, retriever, name, "docStoreDescription"), store_id, name, False))
    for row in inputs.rows("agentKnowledgeVSEmbeddings"):
        if row.get("vectorStore"):
            retriever = await vector_retriever(row, inputs, context)
            search = _retriever_tool(row, retriever, str(row.get("knowledgeName") or ""), "knowledgeDescription")
            found.append((search, search.spec.name, step.label_of(str(row["vectorStore"])), False))
    by_name: dict[str, Tool] = {}
    for tool, *_ in found:
        by_name.setdefault(tool.spec.name, tool)
    return AgentTools(
        by_name=by_name,
        of_provider=provider_tools(inputs),
        needs_approval=frozenset(tool.spec.name for tool, _, _, approval in found if approval),
        shown=[_shown(tool, source, label) for tool, source, label, _ in found],
    )


def _retriever_tool(row: Mapping[str, Any], retriever: Retriever, name: str, description: str) -> RetrieverTool:
    return RetrieverTool(
        retriever,
        name=name,
        description=str(row.get(description) or ""),
        returns_sources=NodeInputs(row).flag("returnSourceDocuments"),
    )


def _shown(tool: Tool, source: str, label: str) -> dict[str, Any]:
    return {
        "name": tool.spec.name,
        "description": tool.spec.description,
        "schema": dict(tool.spec.parameters),
        "toolNode": {"label": label, "name": source},
    }
