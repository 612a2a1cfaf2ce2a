"""Vectors of texts by the models of Mistral AI."""

from __future__ import annotations

from flowisectl.clients.openai_compatible import OpenAICompatibleEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.embeddings import Embeddings

MISTRAL_HOST = "https://api.mistral.ai"


class MistralAIEmbeddings(Node):
    definition = NodeDefinition(
        name="mistralAIEmbeddings",
        label="MistralAI Embedding",
        category="Embeddings",
        version=2,
        base_classes=("MistralAIEmbeddings", "Embeddings"),
        description="Vectors of texts by the models of Mistral AI",
        credential=CredentialParam(("mistralAIApi",)),
        inputs=(
            NodeParam("modelName", "Model Name", "asyncOptions", default="mistral-embed", load_method="listModels"),
            NodeParam("batchSize", "Batch Size", "number", default=512, optional=True, step=1, additional=True),
            NodeParam("stripNewLines", "Strip New Lines", "boolean", default=True, optional=True, additional=True),
            NodeParam("overrideEndpoint", "Override Endpoint", "string", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return OpenAICompatibleEmbeddings(
            context.http,
            provider="mistralAIEmbeddings",
            base_url=inputs.text("overrideEndpoint", MISTRAL_HOST).rstrip("/").removesuffix("/v1") + "/v1",
            api_key=require_key(inputs, "mistralAIAPIKey"),
            model=inputs.text("modelName", "mistral-embed"),
            params={"encoding_format": None},
            batch_size=inputs.integer("batchSize") or 512,
            strip_new_lines=inputs.flag("stripNewLines", True),
            on_retry=context.trace.note,
        )
