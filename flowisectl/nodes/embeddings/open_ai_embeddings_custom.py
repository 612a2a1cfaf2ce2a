"""Vectors of texts by a model of OpenAI, or of a server like it, whose name is free text."""

from __future__ import annotations

from flowisectl.clients.openai_compatible import OpenAICompatibleEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import headers_of, require_key, timeout_seconds
from flowisectl.interfaces.embeddings import Embeddings

OPENAI_URL = "https://api.openai.com/v1"
DEFAULT_MODEL = "text-embedding-ada-002"


class OpenAIEmbeddingsCustom(Node):
    definition = NodeDefinition(
        name="openAIEmbeddingsCustom",
        label="OpenAI Custom Embedding",
        category="Embeddings",
        version=3,
        base_classes=("OpenAIEmbeddingsCustom", "Embeddings"),
        description="Vectors of texts by a model of OpenAI, or of a server like it, whose name is free text",
        credential=CredentialParam(("openAIApi",)),
        inputs=(
            NodeParam("stripNewLines", "Strip New Lines", "boolean", optional=True, additional=True),
            NodeParam("batchSize", "Batch Size", "number", optional=True, additional=True),
            NodeParam("timeout", "Timeout", "number", optional=True, additional=True),
            NodeParam("basepath", "Base Path", "string", optional=True, additional=True),
            NodeParam("baseOptions", "Base Options", "json", optional=True, additional=True),
            NodeParam("modelName", "Model Name", "string", optional=True),
            NodeParam("dimensions", "Dimensions", "number", optional=True, additional=True),
            NodeParam(
                "encodingFormat",
                "Encoding Format",
                "options",
                optional=True,
                additional=True,
                options=(Option("float", "float"), Option("base64", "base64")),
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return OpenAICompatibleEmbeddings(
            context.http,
            provider="openAIEmbeddingsCustom",
            base_url=inputs.text("basepath", OPENAI_URL),
            api_key=require_key(inputs, "openAIApiKey"),
            model=inputs.text("modelName", DEFAULT_MODEL),
            params={"dimensions": inputs.integer("dimensions") or None, "encoding_format": inputs.get("encodingFormat", "base64")},
            headers=headers_of(inputs),
            batch_size=inputs.integer("batchSize") or 512,
            strip_new_lines=True,  # whatever `stripNewLines` says: vectors that Flowise stored were made so
            timeout_seconds=timeout_seconds(inputs),
            on_retry=context.trace.note,
        )
