"""Documents in a collection of Milvus."""

from __future__ import annotations

from flowisectl.clients.milvus import DEFAULT_PARTITION, TEXT_FIELD, MilvusIndex
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS, FILE_UPLOAD, TOP_K, base_classes, outputs
from flowisectl.nodes.vector_stores._stores import opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever

_CERTIFICATES = ("clientPemPath", "clientKeyPath", "caPemPath", "serverName")
_REFUSED = "Not supported: leave it empty, and put a proxy in front of a server that asks for a certificate"


class Milvus(Node):
    definition = NodeDefinition(
        name="milvus",
        label="Milvus",
        category="Vector Stores",
        version=2.1,
        base_classes=base_classes("Milvus"),
        description="Documents in a collection of Milvus",
        credential=CredentialParam(("milvusAuth",), optional=True),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            NodeParam("milvusServerUrl", "Milvus Server URL", "string", placeholder="http://localhost:19530"),
            NodeParam("milvusCollection", "Milvus Collection Name", "string"),
            NodeParam("milvusPartition", "Milvus Partition Name", "string", default=DEFAULT_PARTITION, optional=True),
            FILE_UPLOAD,
            NodeParam("milvusTextField", "Milvus Text Field", "string", optional=True, additional=True, placeholder=TEXT_FIELD),
            NodeParam(
                "milvusFilter",
                "Milvus Filter",
                "string",
                optional=True,
                accept_variable=True,
                additional=True,
                placeholder='source == "handbook"',
                description="An expression that every document must meet",
            ),
            TOP_K,
            NodeParam("secure", "Secure", "boolean", optional=True, additional=True, description="HTTPS, where the URL names no scheme"),
            NodeParam("clientPemPath", "Client PEM Path", "string", optional=True, additional=True, description=_REFUSED),
            NodeParam("clientKeyPath", "Client Key Path", "string", optional=True, additional=True, description=_REFUSED),
            NodeParam("caPemPath", "CA PEM Path", "string", optional=True, additional=True, description=_REFUSED),
            NodeParam("serverName", "Server Name", "string", optional=True, additional=True, description=_REFUSED),
        ),
        outputs=outputs("Milvus"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        if given := next((name for name in _CERTIFICATES if inputs.get(name)), ""):
            raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): its input {given!r} is not supported: empty it")
        url = str(inputs.require("milvusServerUrl")).strip()
        index = MilvusIndex(
            context.http,
            url=url if "://" in url else f"{'https' if inputs.flag('secure') else 'http'}://{url}",
            user=inputs.secret("milvusUser"),
            password=inputs.secret("milvusPassword"),
            collection=str(inputs.require("milvusCollection")),
            partition=inputs.text("milvusPartition", DEFAULT_PARTITION),
            text_field=inputs.text("milvusTextField", TEXT_FIELD),
            expression=inputs.text("milvusFilter"),
        )
        return opened(index, inputs, context)
