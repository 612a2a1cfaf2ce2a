"""Sends an HTTP GET request."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._requests import request_tool

DESCRIPTION = "Reads what an address of the web answers to a GET request, and gives the answer as text."


class RequestsGet(Node):
    definition = NodeDefinition(
        name="requestsGet",
        label="Requests Get",
        category="Tools",
        version=2.0,
        base_classes=("RequestsGet", "DynamicStructuredTool", "StructuredTool", "Runnable", "Tool"),
        description="Sends an HTTP GET request",
        inputs=(
            NodeParam("requestsGetUrl", "URL", "string", accept_variable=True),
            NodeParam("requestsGetName", "Name", "string", default="requests_get", optional=True, additional=True),
            NodeParam("requestsGetDescription", "Description", "string", default=DESCRIPTION, optional=True, rows=4, additional=True),
            NodeParam("requestsGetHeaders", "Headers", "string", optional=True, rows=4, accept_variable=True, additional=True),
            NodeParam("requestsGetQueryParamsSchema", "Query Params Schema", "code", optional=True, additional=True),
            NodeParam("requestsGetMaxOutputLength", "Max Output Length", "number", default="2000", optional=True, step=1, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        return request_tool("GET", "requestsGet", inputs, context, description=DESCRIPTION)
