"""Documents in a table of PostgreSQL with pgvector."""

from __future__ import annotations

from flowisectl.clients.pgvector import PgVectorIndex, PostgresAddress
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import MissingInput
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS, FILE_UPLOAD, RECORD_MANAGER, TOP_K, outputs
from flowisectl.nodes.vector_stores._stores import conditions_of, opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class Postgres(Node):
    definition = NodeDefinition(
        name="postgres",
        label="Postgres",
        category="Vector Stores",
        version=7.1,
        base_classes=("Postgres", "VectorStoreRetriever", "BaseRetriever"),
        description="Documents in a table of PostgreSQL with the extension pgvector",
        credential=CredentialParam(("PostgresApi",)),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            RECORD_MANAGER,
            NodeParam("host", "Host", "string"),
            NodeParam("database", "Database", "string"),
            NodeParam("port", "Port", "number", optional=True),
            NodeParam("ssl", "SSL", "boolean", optional=True, additional=True),
            NodeParam("tableName", "Table Name", "string", optional=True, additional=True),
            NodeParam(
                "distanceStrategy",
                "Distance Strategy",
                "options",
                default="cosine",
                optional=True,
                options=(Option("Cosine", "cosine"), Option("Euclidean", "euclidean"), Option("Inner Product", "innerProduct")),
                additional=True,
            ),
            FILE_UPLOAD,
            NodeParam("batchSize", "Upsert Batch Size", "number", optional=True, step=1, additional=True),
            NodeParam("additionalConfig", "Additional Configuration", "json", optional=True, additional=True),
            TOP_K,
            NodeParam("pgMetadataFilter", "Postgres Metadata Filter", "json", optional=True, accept_variable=True, additional=True),
            NodeParam("contentColumnName", "Content Column Name", "string", optional=True, additional=True),
        ),
        outputs=outputs("Postgres"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        defaults = context.defaults.vectors
        host, database = inputs.text("host", defaults.host), inputs.text("database", defaults.database)
        user, password = defaults.login(host, inputs.secret("user"), inputs.secret("password"))
        if not (user and host and database):
            raise MissingInput(
                f"node {inputs.node_id!r} ({inputs.label}) needs a host, a database and a credential with 'user' and 'password'"
            )
        more = conditions_of("additionalConfig", inputs)
        address = PostgresAddress(
            host=host,
            port=inputs.integer("port") or defaults.port,
            database=database,
            user=user,
            password=password,
            ssl=inputs.flag("ssl", defaults.ssl) or bool(more.get("ssl")),
        )
        table = inputs.text("tableName") or defaults.table or "documents"
        index = PgVectorIndex(
            address,
            table=table,
            schema=str(more.get("schema") or ""),
            content_column=inputs.text("contentColumnName") or defaults.content_column or "pageContent",
            distance=inputs.text("distanceStrategy", "cosine"),
            conditions=conditions_of("pgMetadataFilter", inputs),
            batch_size=inputs.integer("batchSize") or 500,
        )
        return opened(index, inputs, context, records_name=table)
