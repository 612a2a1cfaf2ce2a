"""Orders documents anew with Jina AI."""

from __future__ import annotations

from flowisectl.clients.rerank import JINA_URL, Reranker
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.nodes.retrievers._outputs import given, outputs, reranked


class JinaRerankRetriever(Node):
    definition = NodeDefinition(
        name="JinaRerankRetriever",
        label="Jina AI Rerank Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("JinaRerankRetriever", "BaseRetriever"),
        description="Orders what was found anew with a model of Jina AI",
        credential=CredentialParam(("jinaAIApi",)),
        inputs=(
            NodeParam("baseRetriever", "Vector Store Retriever", "VectorStoreRetriever"),
            NodeParam(
                "model",
                "Model Name",
                "options",
                default="jina-reranker-v2-base-multilingual",
                optional=True,
                options=(
                    Option("jina-reranker-v2-base-multilingual", "jina-reranker-v2-base-multilingual"),
                    Option("jina-colbert-v2", "jina-colbert-v2"),
                ),
            ),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
            NodeParam("topN", "Top N", "number", default=4, optional=True, additional=True),
        ),
        outputs=outputs("Jina AI Rerank Retriever", "JinaRerankRetriever"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
        reranker = Reranker(
            context.http,
            provider="jina",
            url=JINA_URL,
            api_key=require_key(inputs, "jinaAIAPIKey"),
            model=inputs.text("model", "jina-reranker-v2-base-multilingual"),
        )
        return await given(reranked(inputs.require("baseRetriever"), reranker, inputs.integer("topN") or 4), inputs, context)
