"""Documents in a collection of Weaviate."""

from __future__ import annotations

from flowisectl.clients.weaviate import WeaviateIndex
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.nodes.vector_stores._params import DIVERSITY, DOCUMENT, EMBEDDINGS, RECORD_MANAGER, TOP_K, base_classes, outputs
from flowisectl.nodes.vector_stores._stores import conditions_of, opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever

_CUSTOM = {"weaviateConnectionType": "custom"}
_UNUSED = "Not used: everything goes over HTTP"


class Weaviate(Node):
    definition = NodeDefinition(
        name="weaviate",
        label="Weaviate",
        category="Vector Stores",
        version=5.0,
        base_classes=base_classes("Weaviate"),
        description="Documents in a collection of Weaviate",
        credential=CredentialParam(("weaviateApi",), optional=True),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            RECORD_MANAGER,
            NodeParam(
                "weaviateConnectionType",
                "Weaviate Connection Type",
                "options",
                default="cloud",
                options=(Option("Cloud", "cloud"), Option("Local", "local"), Option("Custom", "custom")),
            ),
            NodeParam("weaviateHost", "Weaviate Host/URL", "string", placeholder="localhost:8080"),
            NodeParam("weaviateHttpSecure", "HTTP Secure", "boolean", default=True, optional=True, additional=True, show=_CUSTOM),
            NodeParam("weaviateGrpcHost", "GRPC Host/URL", "string", optional=True, additional=True, show=_CUSTOM, description=_UNUSED),
            NodeParam(
                "weaviateGrpcSecure",
                "GRPC Secure",
                "boolean",
                default=True,
                optional=True,
                additional=True,
                show=_CUSTOM,
                description=_UNUSED,
            ),
            NodeParam("weaviateIndex", "Weaviate Index", "string", placeholder="Notes"),
            NodeParam("weaviateTextKey", "Weaviate Text Key", "string", optional=True, additional=True, placeholder="text"),
            NodeParam(
                "weaviateMetadataKeys",
                "Weaviate Metadata Keys",
                "string",
                optional=True,
                rows=4,
                additional=True,
                placeholder='["source"]',
                description="A JSON list of the properties to read; without it all are read",
            ),
            TOP_K,
            NodeParam("weaviateFilter", "Weaviate Search Filter", "json", optional=True, accept_variable=True, additional=True),
            *DIVERSITY,
            NodeParam(
                "alpha",
                "Alpha (for Hybrid Search)",
                "number",
                optional=True,
                additional=True,
                description="With a number, words count, too: 1 is the vector alone, 0 the words alone",
            ),
        ),
        outputs=outputs("Weaviate"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        keys = inputs.json("weaviateMetadataKeys")
        alpha = inputs.number("alpha")
        index = WeaviateIndex(
            context.http,
            url=_url(inputs),
            api_key=inputs.secret("weaviateApiKey"),
            collection=str(inputs.require("weaviateIndex")),
            text_key=inputs.text("weaviateTextKey", "text"),
            metadata_keys=[str(key) for key in keys] if isinstance(keys, list) else (),
            conditions=conditions_of("weaviateFilter", inputs),
            alpha=None if alpha is None else min(max(alpha, 0.0), 1.0),
        )
        return opened(index, inputs, context, records_name=inputs.text("weaviateIndex"))


def _url(inputs: NodeInputs) -> str:
    """The address with a scheme and, for a local server that names none, with the usual port."""
    host = str(inputs.require("weaviateHost")).strip().rstrip("/")
    kind = inputs.text("weaviateConnectionType", "cloud")
    if "://" not in host:
        is_secure = kind == "cloud" or (kind == "custom" and inputs.flag("weaviateHttpSecure", True))
        host = f"{'https' if is_secure else 'http'}://{host}"
    if kind == "local" and ":" not in host.partition("://")[2]:
        host += ":8080"
    return host
