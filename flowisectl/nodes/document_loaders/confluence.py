"""The pages of a Confluence space."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import FlowError, MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.retrieval.web_page import to_markdown

AT_ONCE = 25
MOST_AT_ONCE = 100
MAX_PAGES = 20_000


class Confluence(Node):
    """https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-content/. `limit` is how many pages one request asks for."""

    definition = NodeDefinition(
        name="confluence",
        label="Confluence",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="The pages of a Confluence space",
        credential=CredentialParam(("confluenceCloudApi", "confluenceServerDCApi")),
        inputs=(
            SPLITTER,
            NodeParam("baseUrl", "Base URL", "string", placeholder="https://example.atlassian.net/wiki"),
            NodeParam("spaceKey", "Space Key", "string", placeholder="~EXAMPLE362906de5d343d49dcdbae5dEXAMPLE"),
            NodeParam("limit", "Limit", "number", default=0, optional=True),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        base, space = str(inputs.require("baseUrl")).strip().rstrip("/"), str(inputs.require("spaceKey")).strip()
        pages = await _pages(_service(inputs, context, base), space, inputs.integer("limit") or AT_ONCE)
        return await answer_of(inputs, lambda: [_document(page, base, space) for page in pages])


def _service(inputs: NodeInputs, context: RunContext, base: str) -> RestService:
    """Confluence in the cloud takes a user's name with a token, a server of one's own a token alone."""
    personal, token, name = (inputs.secret(field) for field in ("personalAccessToken", "accessToken", "username"))
    if not personal and not (token and name):
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no access token: choose a credential")
    login = base64.b64encode(f"{name}:{token}".encode()).decode()
    authorization = f"Bearer {personal}" if personal else f"Basic {login}"
    return RestService(
        context.http,
        provider="confluence",
        base_url=base,
        headers={"authorization": authorization},
        secrets=(personal, token, login),
        retries=2,
    )


async def _pages(service: RestService, space: str, at_once: int) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    size = max(1, min(at_once, MOST_AT_ONCE))
    while True:
        query = {"spaceKey": space, "limit": size, "start": len(found), "expand": "body.storage,version"}
        answer = await service.json("GET", "/rest/api/content", query=query) or {}
        results = answer.get("results") or []
        found += results
        if not results or len(results) < int(answer.get("limit") or size):
            return found
        if len(found) >= MAX_PAGES:
            raise FlowError(f"the space {space!r} has more than {MAX_PAGES} pages: load a smaller one")


def _document(page: Mapping[str, Any], base: str, space: str) -> Document:
    version = page.get("version") or {}
    body = (page.get("body") or {}).get("storage") or {}
    metadata = {
        "id": page.get("id"),
        "status": page.get("status"),
        "title": page.get("title"),
        "type": page.get("type"),
        "url": f"{base}/spaces/{space}/pages/{page.get('id')}",
        "version": version.get("number"),
        "updated_by": (version.get("by") or {}).get("displayName"),
        "updated_at": version.get("when"),
    }
    return Document(page_content=to_markdown(str(body.get("value") or "")), metadata=metadata)
