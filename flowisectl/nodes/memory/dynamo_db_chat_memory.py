"""The session's messages in a table of DynamoDB."""

from __future__ import annotations

from flowisectl.clients.aws_keys import static_keys
from flowisectl.clients.aws_services import check_region
from flowisectl.clients.dynamodb import DynamoTable
from flowisectl.clients.dynamodb_memory import DynamoMemory
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.nodes.memory._session import MEMORY_KEY, SESSION_ID, memory_key, session_of


class DynamoDBChatMemory(Node):
    definition = NodeDefinition(
        name="DynamoDBChatMemory",
        label="DynamoDB Chat Memory",
        category="Memory",
        version=1.0,
        base_classes=("DynamoDBChatMemory", "BaseChatMemory", "BaseMemory"),
        description="The session's messages in a table of DynamoDB",
        credential=CredentialParam(("dynamodbMemoryApi",), optional=True),
        inputs=(
            NodeParam("tableName", "Table Name", "string"),
            NodeParam("partitionKey", "Partition Key", "string"),
            NodeParam("region", "Region", "string", placeholder="us-east-1"),
            SESSION_ID,
            MEMORY_KEY,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        owner = f"node {inputs.node_id!r} ({inputs.label})"
        region = check_region(str(inputs.require("region")).strip(), owner)
        keys = static_keys(inputs.secret("accessKey"), inputs.secret("secretAccessKey"), owner=owner)
        table = DynamoTable(context.http, keys, region=region, table=str(inputs.require("tableName")), on_retry=context.trace.note)
        return DynamoMemory(
            table,
            partition_key=str(inputs.require("partitionKey")),
            session_id=session_of(inputs, context),
            memory_key=memory_key(inputs),
        )
