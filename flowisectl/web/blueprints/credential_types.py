"""The kinds of credentials that this version knows."""

from __future__ import annotations

import html
from typing import Any

from quart import Blueprint, Response

from flowisectl.nodes.credential_type import CredentialType
from flowisectl.nodes.credential_types import credential_types
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import HttpError, service_text

blueprint = Blueprint("credential_types", __name__)


def _shown(kind: CredentialType) -> dict[str, Any]:
    """A kind, with the path of its icon on this server."""
    return {**kind.to_json(), "icon": f"/api/v1/components-credentials-icon/{kind.name}"}


@blueprint.get("/components-credentials")
async def listing() -> Response:
    return json_answer([_shown(kind) for kind in credential_types().values()])


@blueprint.get("/components-credentials/<name>")
async def read(name: str) -> Response:
    """One kind, or with names joined by `&` (or `&amp;`) a list of those that are known."""
    names = html.unescape(name).split("&")
    if len(names) > 1:
        return json_answer([_shown(credential_types()[item]) for item in names if item in credential_types()])
    kind = credential_types().get(names[0])
    if kind is None:
        where = "componentsCredentialsService.getSingleComponentsCredential"
        raise HttpError(500, service_text(where, service_text(where, f"Credential {name} not found")))
    return json_answer(_shown(kind))
