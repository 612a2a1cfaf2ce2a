"""The session's messages in a collection of MongoDB."""

from __future__ import annotations

from flowisectl.clients.mongodb import EXTRA, MongoCollection
from flowisectl.clients.mongodb_memory import MongoMemory
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.memory import ChatMemory


class MongoDBAtlasChatMemory(Node):
    definition = NodeDefinition(
        name="MongoDBAtlasChatMemory",
        label="MongoDB Atlas Chat Memory",
        category="Memory",
        version=1.0,
        base_classes=("MongoDBAtlasChatMemory", "BaseChatMemory", "BaseMemory"),
        description="The session's messages in a collection of MongoDB",
        extra=EXTRA,
        credential=CredentialParam(("mongoDBUrlApi",)),
        inputs=(
            NodeParam("databaseName", "Database", "string"),
            NodeParam("collectionName", "Collection Name", "string"),
            NodeParam("sessionId", "Session Id", "string", default="", optional=True, additional=True),
            NodeParam("memoryKey", "Memory Key", "string", default="chat_history", additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        collection = MongoCollection(
            require_key(inputs, "mongoDBConnectUrl"),
            database=str(inputs.require("databaseName")),
            name=str(inputs.require("collectionName")),
            node_name=self.definition.name,
        )
        session_id = context.session_id or inputs.text("sessionId")
        return MongoMemory(collection, session_id=session_id, memory_key=inputs.text("memoryKey", "chat_history"))
