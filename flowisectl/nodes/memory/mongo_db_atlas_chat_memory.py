"""The session's messages in a collection of MongoDB."""

from __future__ import annotations

from flowisectl.clients.mongodb import EXTRA, MongoCollection
from flowisectl.clients.mongodb_memory import MongoMemory
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.nodes.memory._session import MEMORY_KEY, SESSION_ID, memory_key, session_of


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
            SESSION_ID,
            MEMORY_KEY,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        collection = MongoCollection(
            require_key(inputs, "mongoDBConnectUrl"),
            database=str(inputs.require("databaseName")),
            name=str(inputs.require("collectionName")),
            node_name=self.definition.name,
        )
        session_id = session_of(inputs, context)
        return MongoMemory(collection, session_id=session_id, memory_key=memory_key(inputs))
