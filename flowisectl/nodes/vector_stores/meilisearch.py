"""Documents in an index of Meilisearch, found by words and by vectors."""

from __future__ import annotations

from flowisectl.clients.meilisearch import MeilisearchIndex
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever
from flowisectl.retrieval.store_search import DEFAULT_COUNT

_RATIO = 0.75


class Meilisearch(Node):
    definition = NodeDefinition(
        name="meilisearch",
        label="Meilisearch",
        category="Vector Stores",
        version=1.0,
        type="Meilisearch",
        base_classes=("BaseRetriever",),
        description="Documents in an index of Meilisearch, found by words and by vectors",
        credential=CredentialParam(("meilisearchApi",)),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            NodeParam("host", "Host", "string", placeholder="http://localhost:7700"),
            NodeParam("indexUid", "Index Uid", "string"),
            NodeParam("deleteIndex", "Delete Index if exists", "boolean", optional=True),
            NodeParam("K", "Top K", "number", optional=True, additional=True),
            NodeParam(
                "semanticRatio",
                "Semantic Ratio",
                "number",
                optional=True,
                additional=True,
                placeholder=str(_RATIO),
                description="How much vectors count beside words: from 0 to 1",
            ),
            NodeParam("searchFilter", "Search Filter", "string", optional=True, accept_variable=True, additional=True),
        ),
        outputs=(NodeOutput("retriever", "Meilisearch Retriever", ("BaseRetriever",)),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        ratio = inputs.number("semanticRatio")
        index = MeilisearchIndex(
            context.http,
            url=str(inputs.require("host")),
            search_key=require_key(inputs, "meilisearchSearchApiKey"),
            admin_key=inputs.secret("meilisearchAdminApiKey"),
            name=str(inputs.require("indexUid")),
            ratio=_RATIO if ratio is None else min(max(ratio, 0.0), 1.0),
            expression=inputs.text("searchFilter"),
            replaces=inputs.flag("deleteIndex"),
        )
        store = EmbeddedStore(index, inputs.require("embeddings"), count=inputs.integer("K") or DEFAULT_COUNT)
        return store if inputs.output == "vectorStore" else StoreRetriever(store, store.count)
