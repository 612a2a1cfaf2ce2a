"""Vectors of texts by the embedding models of Google's Vertex AI."""

from __future__ import annotations

from functools import partial

from flowisectl.clients.google_account import google_login
from flowisectl.clients.vertex import VertexEmbeddings, region_of
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.embeddings import Embeddings

DEFAULT_MODEL = "text-embedding-004"


class GoogleVertexAIEmbeddings(Node):
    definition = NodeDefinition(
        name="googlevertexaiEmbeddings",
        label="Google VertexAI Embedding",
        category="Embeddings",
        version=2.1,
        base_classes=("GoogleVertexAIEmbeddings", "VertexAIEmbeddings", "GoogleEmbeddings", "BaseGoogleEmbeddings", "Embeddings"),
        description="Vectors of texts by the embedding models of Google's Vertex AI",
        credential=CredentialParam(("googleVertexAuth",), optional=True),
        inputs=(
            NodeParam("modelName", "Model Name", "asyncOptions", default=DEFAULT_MODEL, load_method="listModels"),
            NodeParam("region", "Region", "asyncOptions", optional=True, load_method="listRegions"),
            NodeParam("stripNewLines", "Strip New Lines", "boolean", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        name = inputs.text("modelName", DEFAULT_MODEL)
        return VertexEmbeddings(
            context.http,
            await google_login(
                context.http,
                inputs.secret,
                owner=f"node {inputs.node_id!r} ({inputs.label})",
                folder_of=partial(context.paths.source_folder, is_anywhere=True),
            ),
            provider="googlevertexaiEmbeddings",
            region=region_of(inputs.text("region").strip(), name),
            model=name,
            strip_new_lines=inputs.flag("stripNewLines", True),
            on_retry=context.trace.note,
        )
