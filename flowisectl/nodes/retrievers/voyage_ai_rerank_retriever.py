"""Orders documents anew with Voyage AI."""

from __future__ import annotations

from flowisectl.clients.rerank import VOYAGE_URL, Reranker
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.nodes.retrievers._outputs import count_of, given, outputs, reranked


class VoyageAIRerankRetriever(Node):
    definition = NodeDefinition(
        name="voyageAIRerankRetriever",
        label="Voyage AI Rerank Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("VoyageAIRerankRetriever", "BaseRetriever"),
        description="Orders what was found anew with a model of Voyage AI",
        credential=CredentialParam(("voyageAIApi",)),
        inputs=(
            NodeParam("baseRetriever", "Vector Store Retriever", "VectorStoreRetriever"),
            NodeParam(
                "model",
                "Model Name",
                "options",
                default="rerank-lite-1",
                optional=True,
                options=(
                    Option("rerank-lite-1", "rerank-lite-1"),
                    Option("rerank-lite-2", "rerank-lite-2"),
                    Option("rerank-1", "rerank-1"),
                    Option("rerank-2", "rerank-2"),
                ),
            ),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
            NodeParam("topK", "Top K", "number", optional=True, additional=True),
        ),
        outputs=outputs("Voyage AI Rerank Retriever", "VoyageAIRerankRetriever"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
        base: Retriever = inputs.require("baseRetriever")
        reranker = Reranker(
            context.http,
            provider="voyageai",
            url=VOYAGE_URL,
            api_key=require_key(inputs, "apiKey"),
            model=inputs.text("model", "rerank-lite-1"),
            count_key="top_k",
        )
        return await given(reranked(base, reranker, count_of(inputs, base)), inputs, context)
