"""Documents in a table of SingleStore."""

from __future__ import annotations

from flowisectl.clients.singlestore import SingleStoreIndex, SingleStorePlace
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS, TOP_K, base_classes, outputs
from flowisectl.nodes.vector_stores._stores import opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class SingleStore(Node):
    definition = NodeDefinition(
        name="singlestore",
        label="SingleStore",
        category="Vector Stores",
        version=1.0,
        base_classes=base_classes("SingleStore"),
        description="Documents in a table of SingleStore",
        credential=CredentialParam(("singleStoreApi",), optional=True),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            NodeParam("host", "Host", "string", placeholder="svc-1234.svc.singlestore.com:3306"),
            NodeParam("database", "Database", "string"),
            NodeParam("tableName", "Table Name", "string", optional=True, additional=True, placeholder="embeddings"),
            NodeParam("contentColumnName", "Content Column Name", "string", optional=True, additional=True, placeholder="content"),
            NodeParam("vectorColumnName", "Vector Column Name", "string", optional=True, additional=True, placeholder="vector"),
            NodeParam("metadataColumnName", "Metadata Column Name", "string", optional=True, additional=True, placeholder="metadata"),
            TOP_K,
        ),
        outputs=outputs("SingleStore"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        place = SingleStorePlace(
            host=str(inputs.require("host")),
            database=str(inputs.require("database")),
            user=inputs.secret("user"),
            password=inputs.secret("password"),
        )
        index = SingleStoreIndex(
            place,
            table=inputs.text("tableName", "embeddings"),
            text=inputs.text("contentColumnName", "content"),
            vector=inputs.text("vectorColumnName", "vector"),
            metadata=inputs.text("metadataColumnName", "metadata"),
        )
        return opened(index, inputs, context)
