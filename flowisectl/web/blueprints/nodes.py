"""The catalogue over HTTP: which nodes this version has."""

from __future__ import annotations

import html
from typing import Any

from quart import Blueprint, Response

from flowisectl.engine.node import NodeDefinition
from flowisectl.errors import UnknownNode
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import HttpError, service_text
from flowisectl.web.services import current_services

blueprint = Blueprint("nodes", __name__)


def _shown(definition: NodeDefinition) -> dict[str, Any]:
    """A definition, with the path of its icon on this server."""
    return {**definition.to_json(), "icon": f"/api/v1/node-icon/{definition.name}"}


@blueprint.get("/nodes")
async def listing() -> Response:
    return json_answer([_shown(node.definition) for node in current_services().catalogue])


@blueprint.get("/nodes/<name>")
async def read(name: str) -> Response:
    try:
        return json_answer(_shown(current_services().catalogue.get(name).definition))
    except UnknownNode as error:
        raise HttpError(500, service_text("nodesService.getAllNodes", f"Node {name} not found")) from error


@blueprint.get("/nodes/category/<name>")
async def of_category(name: str) -> Response:
    category = html.unescape(name)
    return json_answer([_shown(node.definition) for node in current_services().catalogue if node.definition.category == category])
