"""Documents that JavaScript of the flow's author makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_function import call_user_function, input_variables, variables_of
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import OUTPUTS

NO_DOCUMENTS = "the code must give a list of documents, each with pageContent (text) and, if it has any, metadata (an object)"


class CustomDocumentLoader(Node):
    definition = NodeDefinition(
        name="customDocumentLoader",
        label="Custom Document Loader",
        category="Document Loaders",
        version=1.0,
        base_classes=("Document",),
        description="Documents that JavaScript of the flow's author makes",
        inputs=(
            NodeParam("functionInputVariables", "Input Variables", "json", optional=True, list=True, accept_variable=True),
            NodeParam("javascriptFunction", "Javascript Function", "code"),
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        question = context.request.final_question
        flow = {"chatflowId": context.flow_id, "sessionId": context.session_id, "chatId": context.chat_id, "input": question}
        result = await call_user_function(
            context,
            inputs.text("javascriptFunction"),
            flow=flow,
            question=question,
            variables=await variables_of(context, inputs),
            extra=input_variables(inputs),
        )
        if inputs.output == "text":
            return result if isinstance(result, str) else orjson.dumps(result).decode()
        return self._documents(result, inputs)

    @staticmethod
    def _documents(result: Any, inputs: NodeInputs) -> list[Document]:
        found: list[Document] = []
        for item in result if isinstance(result, list) else [None]:
            content, metadata = (item.get("pageContent"), item.get("metadata") or {}) if isinstance(item, Mapping) else (None, None)
            if not isinstance(content, str) or not isinstance(metadata, Mapping):
                raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): {NO_DOCUMENTS}")
            found.append(Document(page_content=content, metadata=dict(metadata)))
        return found
