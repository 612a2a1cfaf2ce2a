"""Lets an agent look into a retriever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.retriever import Retriever
from flowisectl.interfaces.tool import Tool, ToolOutcome
from flowisectl.llm.prompt_template import as_text
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters
from flowisectl.retrieval.store_retriever import Filterable


class RetrieverTool(Node):
    definition = NodeDefinition(
        name="retrieverTool",
        label="Retriever Tool",
        category="Tools",
        version=3.0,
        base_classes=("RetrieverTool", "DynamicTool", "Tool", "StructuredTool", "Runnable"),
        description="Lets an agent look into a retriever",
        inputs=(
            NodeParam("name", "Retriever Name", "string"),
            NodeParam("description", "Retriever Description", "string", rows=3),
            NodeParam("retriever", "Retriever", "BaseRetriever"),
            NodeParam("returnSourceDocuments", "Return Source Documents", "boolean", optional=True),
            NodeParam(
                "retrieverToolMetadataFilter", "Additional Metadata Filter", "json", optional=True, accept_variable=True, additional=True
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        retriever: Retriever = inputs.require("retriever")
        gives_documents = inputs.flag("returnSourceDocuments")
        conditions = inputs.json("retrieverToolMetadataFilter")

        async def look_up(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
            chosen = retriever
            if isinstance(conditions, Mapping) and conditions and isinstance(retriever, Filterable):
                chosen = retriever.filtered({name: _resolved(value, flow) for name, value in conditions.items()})
            documents = await chosen.retrieve(as_text(arguments.get("input") or ""))
            text = "\n\n".join(document.page_content for document in documents)
            return ToolOutcome(text=text, source_documents=tuple(documents) if gives_documents else ())

        question = {"input": {"type": "string", "description": "input to look up in retriever"}}
        spec = ToolSpec(name=inputs.text("name"), description=inputs.text("description"), parameters=parameters(question, ("input",)))
        return FunctionTool(spec=spec, function=look_up)


def _resolved(value: Any, flow: Mapping[str, Any]) -> Any:
    """A condition's value; `$flow.name` stands for a value of the run."""
    if not isinstance(value, str) or not value.startswith("$flow."):
        return value
    found: Any = flow
    for key in value.split(".")[1:]:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
