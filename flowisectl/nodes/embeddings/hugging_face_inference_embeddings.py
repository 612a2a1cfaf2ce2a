"""Vectors of texts by models of Hugging Face."""

from __future__ import annotations

from flowisectl.clients.hugging_face_embeddings import HuggingFaceEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.embeddings import Embeddings

DEFAULT_MODEL = "BAAI/bge-base-en-v1.5"


class HuggingFaceInferenceEmbeddings(Node):
    definition = NodeDefinition(
        name="huggingFaceInferenceEmbeddings",
        label="HuggingFace Inference Embedding",
        category="Embeddings",
        version=1.0,
        base_classes=("HuggingFaceInferenceEmbeddings", "Embeddings"),
        description="Vectors of texts by models of Hugging Face, or at an endpoint of your own",
        credential=CredentialParam(("huggingFaceApi",)),
        inputs=(
            NodeParam("modelName", "Model", "string", optional=True, placeholder="sentence-transformers/all-MiniLM-L6-v2"),
            NodeParam("endpoint", "Endpoint", "string", optional=True, description="The address of an inference endpoint of your own"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return HuggingFaceEmbeddings(
            context.http,
            provider="huggingFaceInferenceEmbeddings",
            api_key=require_key(inputs, "huggingFaceApiKey"),
            model=inputs.text("modelName", DEFAULT_MODEL),
            endpoint=inputs.text("endpoint"),
            on_retry=context.trace.note,
        )
