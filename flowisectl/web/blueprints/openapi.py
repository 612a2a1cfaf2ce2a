"""GET /openapi.json — the API's description; GET /openapi — a page to read it."""

from __future__ import annotations

from typing import cast
from weakref import WeakKeyDictionary

from quart import Blueprint, Quart, Response, current_app

from flowisectl.web.access.gate import Gate
from flowisectl.web.answers import json_bytes
from flowisectl.web.json_text import to_json
from flowisectl.web.services import current_services

blueprint = Blueprint("openapi", __name__)

_DOCUMENTS: WeakKeyDictionary[Quart, bytes] = WeakKeyDictionary()


@blueprint.get("/openapi.json")
async def description() -> Response:
    """The API's description as OpenAPI 3.1."""
    from flowisectl.web.openapi.document import document  # as large as all the routes, and read by few

    services = current_services()
    app = cast(Quart, current_app._get_current_object())  # type: ignore[attr-defined]
    known = _DOCUMENTS.get(app)
    if known is None:
        gate = Gate(services.authentication, denied_public=services.http.denylist_urls)
        known = _DOCUMENTS[app] = to_json(document(app, gate))
    return json_bytes(known)


@blueprint.get("/openapi")
async def page() -> Response:
    """A page to read the description."""
    from flowisectl.web.openapi.document import PAGE_FILE

    return Response(PAGE_FILE.read_bytes(), 200, content_type="text/html; charset=utf-8")
