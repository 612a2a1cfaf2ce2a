"""Sends an HTTP POST request with a JSON body."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._requests import request_tool

DESCRIPTION = "Sends data to an address of the web by a POST request, and gives the answer as text."


class RequestsPost(Node):
    definition = NodeDefinition(
        name="requestsPost",
        label="Requests Post",
        category="Tools",
        version=2.0,
        base_classes=("RequestsPost", "DynamicStructuredTool", "StructuredTool", "Runnable", "Tool"),
        description="Sends an HTTP POST request with a JSON body",
        inputs=(
            NodeParam("requestsPostUrl", "URL", "string", accept_variable=True),
            NodeParam("requestsPostName", "Name", "string", default="requests_post", optional=True, additional=True),
            NodeParam("requestsPostDescription", "Description", "string", default=DESCRIPTION, optional=True, rows=4, additional=True),
            NodeParam("requestsPostHeaders", "Headers", "string", optional=True, rows=4, accept_variable=True, additional=True),
            NodeParam("requestPostBody", "Body", "string", optional=True, rows=4, accept_variable=True, additional=True),
            NodeParam("requestsPostBodySchema", "Body Schema", "code", optional=True, additional=True),
            NodeParam("requestsPostMaxOutputLength", "Max Output Length", "number", default="2000", optional=True, step=1, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        return request_tool("POST", "requestsPost", inputs, context, description=DESCRIPTION)
