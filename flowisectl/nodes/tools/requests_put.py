"""Sends an HTTP PUT request with a JSON body."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._requests import request_tool

DESCRIPTION = "Replaces data at an address of the web by a PUT request, and gives the answer as text."


class RequestsPut(Node):
    definition = NodeDefinition(
        name="requestsPut",
        label="Requests Put",
        category="Tools",
        version=1.0,
        base_classes=("RequestsPut", "DynamicStructuredTool", "StructuredTool", "Runnable", "Tool"),
        description="Sends an HTTP PUT request with a JSON body",
        inputs=(
            NodeParam("requestsPutUrl", "URL", "string", accept_variable=True),
            NodeParam("requestsPutName", "Name", "string", default="requests_put", optional=True, additional=True),
            NodeParam("requestsPutDescription", "Description", "string", default=DESCRIPTION, optional=True, rows=4, additional=True),
            NodeParam("requestsPutHeaders", "Headers", "string", optional=True, rows=4, accept_variable=True, additional=True),
            NodeParam("requestPutBody", "Body", "string", optional=True, rows=4, accept_variable=True, additional=True),
            NodeParam("requestsPutBodySchema", "Body Schema", "code", optional=True, additional=True),
            NodeParam("requestsPutMaxOutputLength", "Max Output Length", "number", default="2000", optional=True, step=1, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        return request_tool("PUT", "requestsPut", inputs, context, description=DESCRIPTION)
