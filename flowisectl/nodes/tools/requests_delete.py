"""Sends an HTTP DELETE request."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._requests import request_tool

DESCRIPTION = "Deletes what is at an address of the web by a DELETE request, and gives the answer as text."


class RequestsDelete(Node):
    definition = NodeDefinition(
        name="requestsDelete",
        label="Requests Delete",
        category="Tools",
        version=1.0,
        base_classes=("RequestsDelete", "DynamicStructuredTool", "StructuredTool", "Runnable", "Tool"),
        description="Sends an HTTP DELETE request",
        inputs=(
            NodeParam("requestsDeleteUrl", "URL", "string", accept_variable=True),
            NodeParam("requestsDeleteName", "Name", "string", default="requests_delete", optional=True, additional=True),
            NodeParam("requestsDeleteDescription", "Description", "string", default=DESCRIPTION, optional=True, rows=4, additional=True),
            NodeParam("requestsDeleteHeaders", "Headers", "string", optional=True, rows=4, accept_variable=True, additional=True),
            NodeParam("requestsDeleteQueryParamsSchema", "Query Params Schema", "code", optional=True, additional=True),
            NodeParam(
                "requestsDeleteMaxOutputLength", "Max Output Length", "number", default="2000", optional=True, step=1, additional=True
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        return request_tool("DELETE", "requestsDelete", inputs, context, description=DESCRIPTION)
