"""Documents in an index of Elasticsearch."""

from __future__ import annotations

from flowisectl.clients.elasticsearch import cloud_url, elasticsearch_index
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import MissingInput
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS, RECORD_MANAGER, TOP_K, base_classes, outputs
from flowisectl.nodes.vector_stores._stores import opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class Elasticsearch(Node):
    definition = NodeDefinition(
        name="elasticsearch",
        label="Elasticsearch",
        category="Vector Stores",
        version=2.0,
        base_classes=base_classes("Elasticsearch"),
        description="Documents in an index of Elasticsearch",
        credential=CredentialParam(("elasticsearchApi", "elasticSearchUserPassword")),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            RECORD_MANAGER,
            NodeParam("indexName", "Index Name", "string"),
            TOP_K,
            NodeParam(
                "similarity",
                "Similarity",
                "options",
                default="l2_norm",
                optional=True,
                options=(Option("l2_norm", "l2_norm"), Option("dot_product", "dot_product"), Option("cosine", "cosine")),
                additional=True,
                description="How near two vectors are; it holds for the index from its making on",
            ),
        ),
        outputs=outputs("Elasticsearch"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        index = elasticsearch_index(
            context.http,
            url=_url(inputs),
            name=str(inputs.require("indexName")),
            similarity=inputs.text("similarity", "l2_norm"),
            api_key=inputs.secret("apiKey"),
            user=inputs.secret("username"),
            password=inputs.secret("password"),
        )
        return opened(index, inputs, context, records_name=inputs.text("indexName"), omitted_metadata=("loc",))


def _url(inputs: NodeInputs) -> str:
    """The endpoint, or what the Cloud ID names. Raises MissingInput without either."""
    where = inputs.secret("endpoint") or inputs.secret("cloudId")
    if not where:
        raise MissingInput(
            f"node {inputs.node_id!r} ({inputs.label}) has no address: choose a credential with 'endpoint' or 'cloudId' for it"
        )
    try:
        return cloud_url(where)
    except ValueError as error:
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}): the address of its credential is {error}") from error
