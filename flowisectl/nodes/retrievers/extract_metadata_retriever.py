"""Searches only among documents whose metadata fit what a model reads in the question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import FlowError
from flowisectl.interfaces.chat_model import ChatModel, ChatOptions
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.retriever import Retriever
from flowisectl.llm.structured_output import data_of, schema_of
from flowisectl.nodes.retrievers._outputs import count_of, given, outputs
from flowisectl.retrieval.store_retriever import SearchableStore

PROMPT = "Read the keywords in this question: {{query}}"
_KINDS = {"String": "string", "String Array": "stringArray", "Number": "number", "Boolean": "boolean", "Enum": "enum"}
_GRID = (
    {"field": "key", "headerName": "Key", "editable": True},
    {"field": "type", "headerName": "Type", "type": "singleSelect", "valueOptions": [*_KINDS], "editable": True},
    {"field": "enumValues", "headerName": "Enum Values", "editable": True},
    {"field": "description", "headerName": "Description", "flex": 1, "editable": True},
)


class ExtractMetadataRetriever(Node):
    definition = NodeDefinition(
        name="extractMetadataRetriever",
        label="Extract Metadata Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("ExtractMetadataRetriever", "BaseRetriever"),
        description="Searches only among documents whose metadata fit what a model reads in the question",
        inputs=(
            NodeParam("vectorStore", "Vector Store", "VectorStore"),
            NodeParam("model", "Chat Model", "BaseChatModel"),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
            NodeParam(
                "dynamicMetadataFilterRetrieverPrompt",
                "Prompt",
                "string",
                default=PROMPT,
                rows=4,
                additional=True,
                description="How the model is asked; {{query}} is the question",
            ),
            NodeParam(
                "dynamicMetadataFilterRetrieverStructuredOutput",
                "JSON Structured Output",
                "datagrid",
                optional=True,
                additional=True,
                datagrid=_GRID,
                description="The metadata to read in the question, which documents must have",
            ),
            NodeParam("topK", "Top K", "number", optional=True, placeholder="4", additional=True),
        ),
        outputs=outputs("Extract Metadata Retriever", "ExtractMetadataRetriever"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
        store = inputs.require("vectorStore")
        rows = [
            {**row, "type": _KINDS.get(str(row.get("type")), "string")}
            for row in inputs.rows("dynamicMetadataFilterRetrieverStructuredOutput")
        ]
        retriever = _FilteringRetriever(
            store,
            inputs.require("model"),
            count=count_of(inputs, store),
            prompt=inputs.wording("dynamicMetadataFilterRetrieverPrompt", PROMPT),
            schema=schema_of(rows) if rows else None,
            owner=f"node {inputs.node_id!r} ({inputs.label})",
        )
        return await given(retriever, inputs, context)


class _FilteringRetriever:
    def __init__(
        self, store: SearchableStore, model: ChatModel, *, count: int, prompt: str, schema: Mapping[str, Any] | None, owner: str
    ) -> None:
        self.count = count
        self._store = store
        self._model = model
        self._prompt = prompt
        self._schema = schema
        self._owner = owner

    async def retrieve(self, question: str) -> list[Document]:
        """Raises ProviderError, FlowError when the model answers with something else."""
        found = await self._store.search(question, self.count, await self._conditions(question) or None)
        return [document for document, _ in found]

    async def _conditions(self, question: str) -> dict[str, Any]:
        """What the model read, without what it left empty."""
        if self._schema is None:
            return {}
        asked = [ChatMessage(role="user", content=self._prompt.replace("{{query}}", question))]
        reply = await self._model.invoke(asked, ChatOptions(json_schema=self._schema))
        try:
            data = data_of(reply.text)
        except ValueError as error:
            raise FlowError(f"{self._owner} cannot filter: {error}") from error
        return {name: value for name, value in data.items() if name in self._schema["properties"] and value not in (None, "", [])}
