"""Orders documents anew with a model of Cohere in Azure AI Foundry."""

from __future__ import annotations

from flowisectl.clients.rerank import Reranker
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.nodes.retrievers._outputs import count_of, given, outputs, reranked

DEFAULT_MODEL = "Cohere-rerank-v4.0-fast"
MODELS = ("rerank-v3.5", "rerank-english-v3.0", "rerank-multilingual-v3.0", DEFAULT_MODEL, "Cohere-rerank-v4.0-pro")


class AzureRerankRetriever(Node):
    definition = NodeDefinition(
        name="AzureRerankRetriever",
        label="Azure Rerank Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("Azure Rerank Retriever", "BaseRetriever"),
        description="Orders what was found anew with a model of Cohere in Azure AI Foundry",
        credential=CredentialParam(("azureFoundryApi",)),
        inputs=(
            NodeParam("baseRetriever", "Vector Store Retriever", "VectorStoreRetriever"),
            NodeParam(
                "model",
                "Model Name",
                "options",
                default=DEFAULT_MODEL,
                optional=True,
                options=tuple(Option(name, name) for name in MODELS),
            ),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
            NodeParam("topK", "Top K", "number", optional=True, additional=True),
            NodeParam("maxChunksPerDoc", "Max Chunks Per Doc", "number", optional=True, additional=True),
        ),
        outputs=outputs("Azure Rerank Retriever"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
        base: Retriever = inputs.require("baseRetriever")
        url = require_key(inputs, "azureFoundryEndpoint").strip()
        reranker = Reranker(
            context.http,
            provider="azure",
            url=url,
            api_key=require_key(inputs, "azureFoundryApiKey").strip(),
            key_header="api-key",
            model=inputs.text("model", DEFAULT_MODEL),
            # The second version of Cohere's API knows no chunks any more.
            extra={} if "/v2/" in url else {"max_chunks_per_doc": inputs.integer("maxChunksPerDoc") or 10},
        )
        return await given(reranked(base, reranker, count_of(inputs, base)), inputs, context)
