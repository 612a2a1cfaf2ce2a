"""Documents in a table of Supabase."""

from __future__ import annotations

from flowisectl.clients.supabase import SupabaseIndex
from flowisectl.clients.supabase_filter import filter_query
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.vector_stores._params import DIVERSITY, DOCUMENT, EMBEDDINGS, RECORD_MANAGER, TOP_K, outputs
from flowisectl.nodes.vector_stores._stores import conditions_of, opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class Supabase(Node):
    definition = NodeDefinition(
        name="supabase",
        label="Supabase",
        category="Vector Stores",
        version=4.0,
        base_classes=("Supabase", "VectorStoreRetriever", "BaseRetriever"),
        description="Documents in a table of Supabase",
        credential=CredentialParam(("supabaseApi",)),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            RECORD_MANAGER,
            NodeParam("supabaseProjUrl", "Supabase Project URL", "string"),
            NodeParam("tableName", "Table Name", "string"),
            NodeParam("queryName", "Query Name", "string"),
            NodeParam("supabaseMetadataFilter", "Supabase Metadata Filter", "json", optional=True, accept_variable=True, additional=True),
            NodeParam(
                "supabaseRPCFilter",
                "Supabase RPC Filter",
                "string",
                optional=True,
                rows=4,
                additional=True,
                placeholder='filter("metadata->a::int", "gt", 5).eq("metadata->>kind", "note")',
            ),
            TOP_K,
            *DIVERSITY,
        ),
        outputs=outputs("Supabase"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        try:
            narrowed = filter_query(inputs.text("supabaseRPCFilter"))
        except ValueError as error:
            raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): its RPC filter cannot be read: {error}") from error
        index = SupabaseIndex(
            context.http,
            url=str(inputs.require("supabaseProjUrl")),
            api_key=require_key(inputs, "supabaseApiKey"),
            table=str(inputs.require("tableName")),
            query=str(inputs.require("queryName")),
            conditions=conditions_of("supabaseMetadataFilter", inputs),
            narrowed=narrowed,
        )
        return opened(index, inputs, context, records_name=f"{inputs.text('tableName')}_{inputs.text('queryName')}")
