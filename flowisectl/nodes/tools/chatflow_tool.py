"""Lets an agent run another flow."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._flow_tool import PARAMS, flow_tool


class ChatflowTool(Node):
    definition = NodeDefinition(
        name="ChatflowTool",
        label="Chatflow Tool",
        category="Tools",
        version=5.1,
        base_classes=("ChatflowTool", "Tool"),
        description="Lets an agent run another flow",
        credential=CredentialParam(("chatflowApi",), optional=True),
        inputs=(NodeParam("selectedChatflow", "Select Chatflow", "asyncOptions", load_method="listChatflows"), *PARAMS),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        return flow_tool("selectedChatflow", "chatflowApiKey", inputs, context, name="chatflow_tool")
