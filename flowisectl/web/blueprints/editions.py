"""Groups of routes that the open-source edition does not have: known callers get 403, as clients of it know."""

from __future__ import annotations

from quart import Blueprint, Response

from flowisectl.web.errors import Forbidden

blueprint = Blueprint("editions", __name__)

GROUPS = ("datasets", "evaluations", "evaluators", "role", "logs", "audit", "loginmethod", "workspace")
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def refuse(_rest: str = "") -> Response:
    raise Forbidden


for _group in GROUPS:
    blueprint.add_url_rule(f"/{_group}", f"{_group}_all", refuse, methods=METHODS)
    blueprint.add_url_rule(f"/{_group}/<path:_rest>", f"{_group}_one", refuse, methods=METHODS)
