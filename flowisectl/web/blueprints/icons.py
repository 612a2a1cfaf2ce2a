"""GET /node-icon/:name and /components-credentials-icon/:name — pictures for those who draw flows."""

from __future__ import annotations

from quart import Blueprint, Response

from flowisectl.nodes.credential_types import credential_types
from flowisectl.web.catalogue.icons import tile
from flowisectl.web.errors import HttpError, service_text
from flowisectl.web.services import current_services

blueprint = Blueprint("icons", __name__)


@blueprint.get("/node-icon/<name>")
async def of_node(name: str) -> Response:
    """The picture of a node type."""
    if name not in (catalogue := current_services().catalogue):
        raise HttpError(500, service_text("nodesService.getSingleNodeIcon", f"Node {name} not found"))
    return _picture(catalogue.get(name).definition.label)


@blueprint.get("/components-credentials-icon/<name>")
async def of_credential(name: str) -> Response:
    """The picture of a credential type."""
    kind = credential_types().get(name)
    if kind is None:
        where = "componentsCredentialsService.getSingleComponentsCredentialIcon"
        raise HttpError(500, service_text(where, f"Credential {name} not found"))
    return _picture(kind.label, round_corners=24)


def _picture(label: str, *, round_corners: int = 10) -> Response:
    headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(tile(label, round_corners=round_corners), 200, headers, content_type="image/svg+xml")
