"""Documents in an index of OpenSearch."""

from __future__ import annotations

from flowisectl.clients.opensearch import LEGACY, opensearch_index
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import MissingInput
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS, TOP_K, base_classes, outputs
from flowisectl.nodes.vector_stores._stores import opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class OpenSearch(Node):
    definition = NodeDefinition(
        name="openSearch",
        label="OpenSearch",
        category="Vector Stores",
        version=4.0,
        base_classes=base_classes("OpenSearch"),
        description="Documents in an index of OpenSearch",
        credential=CredentialParam(("openSearchUrl",)),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            NodeParam("indexName", "Index Name", "string"),
            TOP_K,
            NodeParam(
                "engine",
                "Engine",
                "options",
                default="lucene",
                optional=True,
                options=(
                    Option("Lucene (OpenSearch 2.x+)", "lucene"),
                    Option("Faiss (OpenSearch 2.x+)", "faiss"),
                    Option("NMSLIB (Legacy, pre-3.0)", LEGACY),
                ),
                additional=True,
                description="What looks for vectors; it holds for the index from its making on",
            ),
            NodeParam(
                "spaceType",
                "Space Type",
                "options",
                default="l2",
                optional=True,
                options=(
                    Option("L2 (Euclidean)", "l2"),
                    Option("Cosine Similarity", "cosinesimil"),
                    Option("Inner Product", "innerproduct"),
                ),
                additional=True,
                description="How near two vectors are; it holds for the index from its making on",
            ),
        ),
        outputs=outputs("OpenSearch"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        try:
            index = opensearch_index(
                context.http,
                url=require_key(inputs, "openSearchUrl"),
                name=str(inputs.require("indexName")),
                engine=inputs.text("engine", "lucene"),
                space=inputs.text("spaceType", "l2"),
                user=inputs.secret("user"),
                password=inputs.secret("password"),
            )
        except ValueError as error:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}): the address of its credential is {error}") from error
        return opened(index, inputs, context)
