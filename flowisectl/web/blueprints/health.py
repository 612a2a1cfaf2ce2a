"""What anybody may ask of the server itself."""

from __future__ import annotations

from quart import Blueprint, Response

from flowisectl import FLOWISE_VERSION
from flowisectl.texts.server import IP_ADVICE, PRICING
from flowisectl.web.answers import json_answer, text_answer
from flowisectl.web.services import current_services
from flowisectl.web.source import client_address

blueprint = Blueprint("health", __name__)


@blueprint.get("/ping")
async def ping() -> Response:
    return text_answer("pong")


@blueprint.get("/version")
async def version() -> Response:
    return json_answer({"version": FLOWISE_VERSION})


@blueprint.get("/ip")
async def ip() -> Response:
    return json_answer({"ip": client_address(), "msg": current_services().texts.of(IP_ADVICE)})


@blueprint.get("/settings")
async def settings() -> Response:
    return json_answer({"PLATFORM_TYPE": "open source"})


@blueprint.get("/loginmethod/default")
async def login_method() -> Response:
    return json_answer({})


@blueprint.get("/pricing")
async def pricing() -> Response:
    """Nothing is sold here, unless the operator says so."""
    return json_answer([*current_services().texts.rows(PRICING)])
