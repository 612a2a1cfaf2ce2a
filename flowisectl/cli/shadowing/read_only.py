"""Which flows may be asked a second time: those that do nothing but answer. What is not known to be harmless is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.flow import Flow, FlowNode

_CATEGORIES = frozenset(
    {
        "Chat Models",
        "LLMs",
        "Embeddings",
        "Prompts",
        "Output Parsers",
        "Text Splitters",
        "Moderation",
        "Response Synthesizer",
        "Retrievers",
        "Vector Stores",
        "Engine",
        "Chains",
        "Agents",
        "Multi Agents",
        "Sequential Agents",
        "Agent Flows",
    }
)
_NAMES = frozenset(
    {
        # kept by the server itself, under the chat that is made for the comparison
        "bufferMemory",
        "bufferWindowMemory",
        "conversationSummaryMemory",
        "conversationSummaryBufferMemory",
        "inMemoryCache",
        "inMemoryEmbeddingCache",
        # tools that only reckon or read
        "calculator",
        "currentDateTime",
        "retrieverTool",
        "chainTool",
        "queryEngineToolLlamaIndex",
        "jsonPathExtractor",
        # loaders of what lies in the flow or beside it
        "plainText",
        "textFile",
        "pdfFile",
        "csvFile",
        "docxFile",
        "jsonFile",
        "jsonlinesFile",
        "documentStore",
        "getVariable",
        "setVariable",
    }
)
_NEVER = {
    "getApiChain": "it calls an API",
    "postApiChain": "it calls an API",
    "openApiChain": "it calls an API",
    "sqlDatabaseChain": "it runs SQL that a model wrote",
    "csvAgent": "it runs code that a model wrote",
    "airtableAgent": "it runs code that a model wrote",
    "openAIAssistant": "it keeps threads at its provider",
    "httpAgentflow": "it calls an address",
    "toolAgentflow": "it calls a tool",
    "customFunctionAgentflow": "it runs code of the flow",
    "executeFlowAgentflow": "it runs another flow",
    "humanInputAgentflow": "it waits for people",
    "seqCustomFunction": "it runs code of the flow",
    "seqExecuteFlow": "it runs another flow",
}
_TOOL_MEMBERS = ("agentSelectedTool", "toolAgentflowSelectedTool")
_MAX_DEPTH = 12


def why_left_out(flow: Flow, catalogue: NodeCatalogue) -> str:
    """Why the flow is not asked a second time; empty when it may be."""
    if isinstance(processing := flow.chatbot.get("postProcessing"), Mapping) and processing.get("enabled"):
        return "its answers are processed by code of the flow"
    return next((why for node in flow.nodes for why in _reasons(node, catalogue)), "")


def _reasons(node: FlowNode, catalogue: NodeCatalogue) -> Iterator[str]:
    if node.name not in catalogue:
        yield f"{node.id}: this version does not know {node.name}"
        return
    if node.name in _NEVER:
        yield f"{node.id}: {_NEVER[node.name]}"
    elif node.name not in _NAMES and (category := catalogue.get(node.name).definition.category) not in _CATEGORIES:
        yield f"{node.id}: {node.name} ({category}) may change something outside"
    for tool in _tools(node.inputs, 0):
        if tool not in _NAMES:
            yield f"{node.id}: its tool {tool} may change something outside"
    if any(name.startswith("agentToolsBuiltIn") and value not in (None, "", [], "[]") for name, value in node.inputs.items()):
        yield f"{node.id}: it uses tools of its model's provider"


def _tools(value: Any, depth: int) -> Iterator[str]:
    """Names of tools that a node names in its own inputs."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name in _TOOL_MEMBERS and isinstance(item, str) and item:
                yield item
            else:
                yield from _tools(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tools(item, depth + 1)
