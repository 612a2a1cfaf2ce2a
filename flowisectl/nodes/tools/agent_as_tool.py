"""Lets an agent run an agentflow."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._flow_tool import PARAMS, flow_tool


class AgentAsTool(Node):
    definition = NodeDefinition(
        name="agentAsTool",
        label="Agent as Tool",
        category="Tools",
        version=1.0,
        base_classes=("AgentAsTool", "Tool"),
        description="Lets an agent run an agentflow",
        credential=CredentialParam(("agentflowApi",), optional=True),
        inputs=(NodeParam("selectedAgentflow", "Select Agent", "asyncOptions", load_method="listAgentflows"), *PARAMS),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        return flow_tool("selectedAgentflow", "agentflowApiKey", inputs, context, name="agentflow_tool")
