"""Searches the web with Serper."""

from __future__ import annotations

from collections.abc import Mapping

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._search import search_tool, service
from flowisectl.texts.tools import SERPER

NOTHING = "Nothing was found."


class Serper(Node):
    definition = NodeDefinition(
        name="serper",
        label="Serper",
        category="Tools",
        version=1.0,
        base_classes=("Serper", "Tool", "StructuredTool", "Runnable"),
        description="Searches the web with Serper",
        credential=CredentialParam(("serperApi",)),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        key = require_key(inputs, "serperApiKey")
        serper = service(context, "serper", "https://google.serper.dev", key, {"x-api-key": key})

        async def search(question: str) -> str:
            answer = await serper.json("POST", "/search", {"q": question})
            box = answer.get("answerBox") or {}
            for name in ("answer", "snippet", "snippetHighlighted"):
                if box.get(name):
                    value = box[name]
                    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
            graph = answer.get("knowledgeGraph")
            texts = [str(graph["description"])] if isinstance(graph, Mapping) and graph.get("description") else []
            texts += [str(find["snippet"]) for find in answer.get("organic") or [] if find.get("snippet")]
            return "\n\n".join(texts) or NOTHING

        # What models have always called it, whatever the documents say.
        return search_tool("search", context.texts.of(SERPER), search)
