"""Vectors of texts by the embedding models of Cohere."""

from __future__ import annotations

from flowisectl.clients.cohere import CohereEmbeddings as CohereWire
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.embeddings import Embeddings

TYPES = ("search_document", "search_query", "classification", "clustering")


class CohereEmbeddings(Node):
    definition = NodeDefinition(
        name="cohereEmbeddings",
        label="Cohere Embedding",
        category="Embeddings",
        version=3,
        base_classes=("CohereEmbeddings", "Embeddings"),
        description="Vectors of texts by the embedding models of Cohere",
        credential=CredentialParam(("cohereApi",)),
        inputs=(
            NodeParam("modelName", "Model Name", "asyncOptions", default="embed-english-v2.0", load_method="listModels"),
            NodeParam(
                "inputType",
                "Type",
                "options",
                default="search_query",
                optional=True,
                description="Not used: documents are embedded as such, and questions as such, which makes them comparable",
                options=tuple(Option(name, name) for name in TYPES),
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return CohereWire(
            context.http,
            provider="cohereEmbeddings",
            api_key=require_key(inputs, "cohereApiKey"),
            model=inputs.text("modelName", "embed-english-v2.0"),
            # Whatever `inputType` says: vectors that Flowise stored were made so.
            on_retry=context.trace.note,
        )
