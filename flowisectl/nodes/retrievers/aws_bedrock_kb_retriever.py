"""Finds chunks in a knowledge base of Amazon Bedrock."""

from __future__ import annotations

from collections.abc import Mapping

from flowisectl.clients.aws_keys import credential_keys
from flowisectl.clients.bedrock_knowledge import KnowledgeBase
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.nodes.retrievers._outputs import given

DEFAULT_COUNT = 5


class AWSBedrockKBRetriever(Node):
    definition = NodeDefinition(
        name="awsBedrockKBRetriever",
        label="AWS Bedrock Knowledge Base Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("AWSBedrockKBRetriever", "BaseRetriever"),
        description="Finds chunks in a knowledge base of Amazon Bedrock",
        credential=CredentialParam(("awsApi",), optional=True),
        inputs=(
            NodeParam("region", "Region", "asyncOptions", default="us-east-1", load_method="listRegions"),
            # The name is misspelt in exported flows, too.
            NodeParam("knoledgeBaseID", "Knowledge Base ID", "string"),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
            NodeParam("topK", "TopK", "number", default=DEFAULT_COUNT, optional=True, additional=True),
            NodeParam(
                "searchType",
                "SearchType",
                "options",
                optional=True,
                additional=True,
                options=(Option("HYBRID", "HYBRID"), Option("SEMANTIC", "SEMANTIC")),
            ),
            NodeParam("filter", "Filter", "string", optional=True, additional=True, description="A retrieval filter of Bedrock, as JSON"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
        owner = f"node {inputs.node_id!r} ({inputs.label})"
        region = inputs.text("region", "us-east-1")
        conditions = inputs.json("filter", {})
        if not isinstance(conditions, Mapping) or (inputs.text("filter") and not conditions):
            raise InvalidFlow(f'{owner}: its filter is no JSON object, such as {{"equals": {{"key": "year", "value": 2026}}}}')
        base = KnowledgeBase(
            context.http,
            await credential_keys(context.http, inputs.secret, region=region, owner=owner),
            region=region,
            knowledge_base_id=str(inputs.require("knoledgeBaseID")).strip(),
            count=inputs.integer("topK") or DEFAULT_COUNT,
            search_type=inputs.text("searchType"),
            conditions=conditions,
            on_retry=context.trace.note,
        )
        return await given(base, inputs, context)
