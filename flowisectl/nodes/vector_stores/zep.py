"""Documents in a collection of a Zep server."""

from __future__ import annotations

from flowisectl.clients.zep_collections import ZepIndex
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.vector_stores._params import DIVERSITY, DOCUMENT, EMBEDDINGS, TOP_K, base_classes, outputs
from flowisectl.nodes.vector_stores._stores import conditions_of, opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever

LOCAL_URL = "http://127.0.0.1:8000"


class Zep(Node):
    definition = NodeDefinition(
        name="zep",
        label="Zep Collection - Open Source",
        category="Vector Stores",
        version=2.0,
        base_classes=base_classes("Zep"),
        description="Documents in a collection of a Zep server",
        credential=CredentialParam(("zepMemoryApi",), optional=True),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            NodeParam("baseURL", "Base URL", "string", default=LOCAL_URL),
            NodeParam("zepCollection", "Zep Collection", "string", placeholder="notes"),
            NodeParam("zepMetadataFilter", "Zep Metadata Filter", "json", optional=True, accept_variable=True, additional=True),
            NodeParam("dimension", "Embedding Dimension", "number", default=1536, additional=True),
            TOP_K,
            *DIVERSITY,
        ),
        outputs=outputs("Zep"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        index = ZepIndex(
            context.http,
            url=inputs.text("baseURL", LOCAL_URL),
            api_key=inputs.secret("apiKey"),
            collection=str(inputs.require("zepCollection")),
            dimension=inputs.integer("dimension") or 1536,
            conditions=conditions_of("zepMetadataFilter", inputs),
        )
        return opened(index, inputs, context)
