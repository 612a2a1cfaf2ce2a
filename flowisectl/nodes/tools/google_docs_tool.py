"""Lets an agent use documents of Google."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._google_docs import ACTIONS, API_URL
from flowisectl.nodes.tools._google_docs_params import PARAMS
from flowisectl.nodes.tools._login_tools import login_tools

FIXED = {
    name: name
    for name in (
        "documentId", "title", "text", "index", "replaceText", "newText", "matchCase", "imageUrl", "rows", "columns", "includeTabsContent"
    )
}  # fmt: skip


class GoogleDocsTool(Node):
    definition = NodeDefinition(
        name="googleDocsTool",
        label="Google Docs",
        category="Tools",
        version=1.0,
        type="GoogleDocs",
        base_classes=("Tool",),
        description="Lets an agent use documents of Google",
        credential=CredentialParam(("googleDocsOAuth2",)),
        inputs=PARAMS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        return login_tools(
            inputs, context, provider="googledocs", base_url=API_URL, actions=ACTIONS, wanted=inputs.json("actions"), fixed=FIXED
        )
