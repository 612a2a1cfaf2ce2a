"""Documents in a collection of Astra DB."""

from __future__ import annotations

from flowisectl.clients.astra import AstraIndex
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.nodes.vector_stores._params import DIVERSITY, DOCUMENT, EMBEDDINGS, TOP_K, base_classes, outputs
from flowisectl.nodes.vector_stores._stores import opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever

_METRICS = frozenset({"cosine", "euclidean", "dot_product"})


class Astra(Node):
    definition = NodeDefinition(
        name="Astra",
        label="Astra",
        category="Vector Stores",
        version=2.1,
        base_classes=base_classes("Astra"),
        description="Documents in a collection of Astra DB",
        credential=CredentialParam(("AstraDBApi",)),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            NodeParam("astraCollection", "Collection", "string"),
            NodeParam(
                "vectorDimension", "Vector Dimension", "number", optional=True, placeholder="1536", description="Of a new collection"
            ),
            NodeParam(
                "similarityMetric",
                "Similarity Metric",
                "string",
                optional=True,
                placeholder="cosine",
                description="Of a new collection: cosine, euclidean or dot_product",
            ),
            TOP_K,
            *DIVERSITY,
        ),
        outputs=outputs("Astra"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        metric = inputs.text("similarityMetric").strip().lower()
        index = AstraIndex(
            context.http,
            url=require_key(inputs, "dbEndPoint"),
            token=require_key(inputs, "applicationToken"),
            collection=str(inputs.require("astraCollection")),
            dimension=inputs.integer("vectorDimension") or 0,
            metric=metric if metric in _METRICS else "",
        )
        return opened(index, inputs, context)
