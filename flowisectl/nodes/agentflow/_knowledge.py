"""Document stores and vector stores that a node names in its own inputs, as retrievers and as tools."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from flowisectl.engine.agentflow.credentials import CREDENTIAL
from flowisectl.engine.agentflow.step_inputs import component_config
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.retriever import Retriever
from flowisectl.interfaces.tool import ToolOutcome

_STORE_NODE = "documentStoreVS"
_MAX_NAME = 64


def store_of(value: Any) -> tuple[str, str]:
    """Id and name of a document store, given as `id:name`."""
    store_id, _, name = str(value or "").partition(":")
    return store_id, name


async def store_retriever(store_id: str, inputs: NodeInputs, context: RunContext) -> Retriever:
    """Raises UnknownNode where document stores are not supported."""
    retriever: Retriever = await context.nodes.build(_STORE_NODE, {"selectedStore": store_id}, context, node_id=inputs.node_id)
    return retriever


async def vector_retriever(row: Mapping[str, Any], inputs: NodeInputs, context: RunContext) -> Retriever:
    """The retriever of a vector store with the embedding model that the row names."""
    embeddings = await _component(row, "embeddingModel", {}, inputs, context)
    retriever: Retriever = await _component(row, "vectorStore", {"embeddings": embeddings}, inputs, context)
    return retriever


async def _component(row: Mapping[str, Any], name: str, extra: Mapping[str, Any], inputs: NodeInputs, context: RunContext) -> Any:
    values = component_config(inputs, name, row)
    credential_id = str(values.get(CREDENTIAL) or "")
    return await context.nodes.build(
        str(row.get(name) or ""), {**values, **extra}, context, node_id=inputs.node_id, credential_id=credential_id
    )


def tool_name(name: str) -> str:
    """A name as models accept it: lower case letters, digits, `_` and `-`; a made-up one when nothing is left."""
    cleaned = re.sub(r"[^a-z0-9_-]", "", name.lower().replace(" ", "_"))[:_MAX_NAME]
    return cleaned or f"tool_{uuid.uuid4().hex[:12]}"


class RetrieverTool:
    """Lets a model search in documents."""

    return_direct = False

    def __init__(self, retriever: Retriever, *, name: str, description: str, returns_sources: bool) -> None:
        self._retriever = retriever
        self._returns_sources = returns_sources
        self.spec = ToolSpec(
            name=tool_name(name),
            description=description,
            parameters={
                "type": "object",
                "properties": {"input": {"type": "string", "description": "what to search for"}},
                "required": ["input"],
                "additionalProperties": False,
            },
        )

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        documents = await self._retriever.retrieve(str(arguments.get("input") or ""))
        text = "\n\n".join(document.page_content for document in documents)
        return ToolOutcome(text=text, source_documents=tuple(documents) if self._returns_sources else ())
