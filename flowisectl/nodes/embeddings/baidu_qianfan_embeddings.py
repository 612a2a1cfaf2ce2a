"""Vectors of texts by the embedding models of Baidu's Qianfan."""

from __future__ import annotations

from flowisectl.clients.qianfan import BASE_URL, MOST_TEXTS, QianfanEmbeddings, qianfan_token
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key, timeout_seconds
from flowisectl.interfaces.embeddings import Embeddings

DEFAULT_MODEL = "Embedding-V1"
_NAMES = {DEFAULT_MODEL: "embedding-v1"}
"""The name that the model had in the first version of the API, and has in the second."""


class BaiduQianfanEmbeddings(Node):
    definition = NodeDefinition(
        name="baiduQianfanEmbeddings",
        label="Baidu Qianfan Embedding",
        category="Embeddings",
        version=1.0,
        base_classes=("BaiduQianfanEmbeddings", "Embeddings"),
        description="Vectors of texts by the embedding models of Baidu's Qianfan",
        credential=CredentialParam(("baiduQianfanApi",)),
        inputs=(
            NodeParam("modelName", "Model Name", "asyncOptions", default=DEFAULT_MODEL, load_method="listModels"),
            NodeParam(
                "customModelName",
                "Custom Model Name",
                "string",
                optional=True,
                placeholder="Qwen3-Embedding-4B",
                additional=True,
                description="Used instead of the model that is chosen above",
            ),
            NodeParam("stripNewLines", "Strip New Lines", "boolean", optional=True, additional=True),
            NodeParam("batchSize", "Batch Size", "number", default=1, optional=True, additional=True),
            NodeParam("timeout", "Timeout", "number", optional=True, additional=True, description="Milliseconds"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        keys = (require_key(inputs, name).strip() for name in ("qianfanAccessKey", "qianfanSecretKey"))
        name = inputs.text("customModelName") or inputs.text("modelName", DEFAULT_MODEL)
        return QianfanEmbeddings(
            context.http,
            provider="baiduQianfanEmbeddings",
            base_url=BASE_URL,
            api_key=await qianfan_token(context.http, *keys),
            model=_NAMES.get(name, name),
            params={"encoding_format": None},
            batch_size=min(inputs.integer("batchSize") or 1, MOST_TEXTS),
            strip_new_lines=inputs.flag("stripNewLines"),
            timeout_seconds=timeout_seconds(inputs),
            on_retry=context.trace.note,
        )
