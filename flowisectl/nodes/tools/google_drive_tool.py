"""Lets an agent use files of Google Drive."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._google_drive import API_URL, FILES, FOLDERS, SEARCHES, SHARING
from flowisectl.nodes.tools._google_drive_params import PARAMS
from flowisectl.nodes.tools._login_tools import login_tools

KINDS = {
    "file": ("fileActions", FILES),
    "folder": ("folderActions", FOLDERS),
    "search": ("searchActions", SEARCHES),
    "share": ("shareActions", SHARING),
}
FIXED = {
    "fileName": "name", "fileContent": "content", "parentFolderId": "parents", "searchQuery": "query", "maxResults": "pageSize",
    "shareRole": "role", "shareType": "type", "domainName": "domain",
    **{
        name: name
        for name in (
            "fileId", "folderId", "permissionId", "mimeType", "description", "orderBy", "emailAddress", "sendNotificationEmail",
            "emailMessage", "includeItemsFromAllDrives", "supportsAllDrives", "fields", "acknowledgeAbuse",
        )
    },
}  # fmt: skip
"""Input → the argument that it fixes."""


class GoogleDriveTool(Node):
    definition = NodeDefinition(
        name="googleDriveTool",
        label="Google Drive",
        category="Tools",
        version=1.0,
        type="GoogleDrive",
        base_classes=("Tool",),
        description="Lets an agent use files of Google Drive",
        credential=CredentialParam(("googleDriveOAuth2",)),
        inputs=PARAMS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        name, actions = KINDS.get(inputs.text("driveType"), KINDS["file"])
        return login_tools(
            inputs, context, provider="googledrive", base_url=API_URL, actions=actions, wanted=inputs.json(name), fixed=FIXED
        )
