"""Documents in an index of Amazon Kendra, which reads and ranks them itself."""

from __future__ import annotations

from flowisectl.clients.aws_keys import credential_keys
from flowisectl.clients.kendra import KendraStore
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.nodes.vector_stores._params import DOCUMENT, TOP_K, base_classes
from flowisectl.nodes.vector_stores._stores import conditions_of
from flowisectl.retrieval.store_retriever import StoreRetriever

DEFAULT_REGION = "us-east-1"
DEFAULT_COUNT = 10


class Kendra(Node):
    definition = NodeDefinition(
        name="kendra",
        label="AWS Kendra",
        category="Vector Stores",
        version=1.0,
        base_classes=base_classes("Kendra"),
        description="Documents in an index of Amazon Kendra, which reads and ranks them itself",
        credential=CredentialParam(("awsApi",), optional=True),
        inputs=(
            DOCUMENT,
            NodeParam("region", "Region", "asyncOptions", default=DEFAULT_REGION, load_method="listRegions"),
            NodeParam("indexId", "Kendra Index ID", "string"),
            NodeParam(
                "fileUpload",
                "File Upload",
                "boolean",
                optional=True,
                additional=True,
                description="A chat finds only what was uploaded in it; the index needs a field flowise_chatId of type String",
            ),
            TOP_K,
            NodeParam("attributeFilter", "Attribute Filter", "json", optional=True, accept_variable=True, additional=True),
        ),
        outputs=(
            NodeOutput("retriever", "Kendra Retriever", base_classes("Kendra")),
            NodeOutput("vectorStore", "Kendra Vector Store", ("Kendra", "BaseRetriever")),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> KendraStore | StoreRetriever:
        region = inputs.text("region", DEFAULT_REGION)
        owner = f"node {inputs.node_id!r} ({inputs.label})"
        store = KendraStore(
            context.http,
            await credential_keys(context.http, inputs.secret, region=region, owner=owner),
            region=region,
            index_id=str(inputs.require("indexId")).strip(),
            count=inputs.integer("topK") or DEFAULT_COUNT,
            conditions=conditions_of("attributeFilter", inputs),
            chat_id=context.chat_id if inputs.flag("fileUpload") else "",
            on_retry=context.trace.note,
        )
        return store if inputs.output == "vectorStore" else StoreRetriever(store, store.count)
