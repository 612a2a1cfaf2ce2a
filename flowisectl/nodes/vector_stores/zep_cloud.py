"""Documents in a collection of Zep Cloud, which embeds them itself."""

from __future__ import annotations

from flowisectl.clients.zep_collections import ZepCloudStore
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.nodes.vector_stores._params import DIVERSITY, DOCUMENT, TOP_K, base_classes, outputs
from flowisectl.nodes.vector_stores._stores import conditions_of
from flowisectl.retrieval.store_retriever import StoreRetriever
from flowisectl.retrieval.store_search import DEFAULT_COUNT


class ZepCloud(Node):
    definition = NodeDefinition(
        name="zepCloud",
        label="Zep Collection - Cloud",
        category="Vector Stores",
        version=2.0,
        base_classes=base_classes("Zep"),
        description="Documents in a collection of Zep Cloud, which embeds them itself",
        credential=CredentialParam(("zepMemoryApi",)),
        inputs=(
            DOCUMENT,
            NodeParam("zepCollection", "Zep Collection", "string", placeholder="notes"),
            NodeParam("zepMetadataFilter", "Zep Metadata Filter", "json", optional=True, accept_variable=True, additional=True),
            TOP_K,
            *DIVERSITY,
        ),
        outputs=outputs("Zep"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ZepCloudStore | StoreRetriever:
        balance = inputs.number("lambda", 0.5) or 0.0
        store = ZepCloudStore(
            context.http,
            api_key=require_key(inputs, "apiKey"),
            collection=str(inputs.require("zepCollection")),
            count=inputs.integer("topK") or DEFAULT_COUNT,
            conditions=conditions_of("zepMetadataFilter", inputs),
            balance=min(max(balance, 0.0), 1.0) if inputs.text("searchType") == "mmr" else None,
        )
        return store if inputs.output == "vectorStore" else StoreRetriever(store, store.count)
