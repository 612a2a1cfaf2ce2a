"""Orders documents anew with Cohere."""

from __future__ import annotations

from flowisectl.clients.rerank import COHERE_URL, Reranker
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.nodes.retrievers._outputs import count_of, given, outputs, reranked


class CohereRerankRetriever(Node):
    definition = NodeDefinition(
        name="cohereRerankRetriever",
        label="Cohere Rerank Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("Cohere Rerank Retriever", "BaseRetriever"),
        description="Orders what was found anew with a model of Cohere",
        credential=CredentialParam(("cohereApi",)),
        inputs=(
            NodeParam("baseRetriever", "Vector Store Retriever", "VectorStoreRetriever"),
            NodeParam(
                "model",
                "Model Name",
                "options",
                default="rerank-v3.5",
                optional=True,
                options=(
                    Option("rerank-v3.5", "rerank-v3.5"),
                    Option("rerank-english-v3.0", "rerank-english-v3.0"),
                    Option("rerank-multilingual-v3.0", "rerank-multilingual-v3.0"),
                ),
            ),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
            NodeParam("topK", "Top K", "number", optional=True, additional=True),
            NodeParam("maxChunksPerDoc", "Max Chunks Per Doc", "number", optional=True, additional=True),
        ),
        outputs=outputs("Cohere Rerank Retriever"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
        base: Retriever = inputs.require("baseRetriever")
        reranker = Reranker(
            context.http,
            provider="cohere",
            url=COHERE_URL,
            api_key=require_key(inputs, "cohereApiKey"),
            model=inputs.text("model", "rerank-v3.5"),
            extra={"max_chunks_per_doc": inputs.integer("maxChunksPerDoc") or 10},
        )
        return await given(reranked(base, reranker, count_of(inputs, base)), inputs, context)
