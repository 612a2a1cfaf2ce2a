"""Vectors of texts by the Gemini embedding models of Google."""

from __future__ import annotations

from flowisectl.clients.google import GeminiEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.embeddings import Embeddings

TASKS = (
    "TASK_TYPE_UNSPECIFIED",
    "RETRIEVAL_QUERY",
    "RETRIEVAL_DOCUMENT",
    "SEMANTIC_SIMILARITY",
    "CLASSIFICATION",
    "CLUSTERING",
)


class GoogleGenerativeAiEmbeddings(Node):
    definition = NodeDefinition(
        name="googleGenerativeAiEmbeddings",
        label="Google Gemini Embedding",
        category="Embeddings",
        version=2,
        base_classes=("GoogleGenerativeAiEmbeddings", "GoogleGenerativeAIEmbeddings", "Embeddings"),
        description="Vectors of texts by the Gemini embedding models of Google",
        credential=CredentialParam(("googleGenerativeAI",)),
        inputs=(
            NodeParam("modelName", "Model Name", "asyncOptions", default="gemini-embedding-001", load_method="listModels"),
            NodeParam(
                "tasktype",
                "Task Type",
                "options",
                default="TASK_TYPE_UNSPECIFIED",
                description="What the vectors are for",
                options=tuple(Option(name, name) for name in TASKS),
            ),
            NodeParam("stripNewLines", "Strip New Lines", "boolean", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        task = inputs.text("tasktype")
        return GeminiEmbeddings(
            context.http,
            provider="googleGenerativeAiEmbeddings",
            api_key=require_key(inputs, "googleGenerativeAPIKey"),
            model=inputs.text("modelName", "gemini-embedding-001"),
            task_type=task if task in TASKS else "",
            strip_new_lines=inputs.flag("stripNewLines"),
            on_retry=context.trace.note,
        )
