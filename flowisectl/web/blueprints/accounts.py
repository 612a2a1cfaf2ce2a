"""Accounts: the first registration, login, refresh, logout, and what the user interface asks at its start."""

from __future__ import annotations

from quart import Blueprint, Response

from flowisectl.database.organization import has_organization
from flowisectl.web.access.auth import ACCESS, REFRESH, request_cookies
from flowisectl.web.access.callers import needs_session
from flowisectl.web.access.login import checked_user, close_session, open_session, refreshed_user, register, set_cookie
from flowisectl.web.answers import json_answer, text_answer
from flowisectl.web.errors import Forbidden, HttpError
from flowisectl.web.requests.body import body_object
from flowisectl.web.services import current_services
from flowisectl.web.source import client_address

blueprint = Blueprint("accounts", __name__)

_MAIL_ROUTES = ("forgot-password", "reset-password", "verify", "resend-verification", "confirm-email-change")


@blueprint.post("/account/register")
async def register_first() -> Response:
    services = current_services()
    given = (await body_object()).get("user")
    rows = await register(services.database, given if isinstance(given, dict) else {}, rounds=services.password_rounds)
    return json_answer(rows, 201)


@blueprint.post("/auth/login")
async def login() -> Response:
    services, body = current_services(), await body_object()
    email, address = str(body.get("email", "")), client_address()
    services.login_limit.check(email, address)
    try:
        user = await checked_user(services.database, body, rounds=services.password_rounds)
    except HttpError as error:
        if error.status in (401, 404):
            await services.login_limit.failed(email, address)
        raise
    response = json_answer(user)
    await open_session(user, services.authentication, services.http, response)
    return response


@blueprint.post("/auth/refreshToken")
async def refresh() -> Response:
    services, jar = current_services(), request_cookies()
    if not jar.get(REFRESH):
        return text_answer("Unauthorized", 401)
    user = await refreshed_user(jar, services.authentication)
    response = json_answer(user)
    token = services.authentication.tokens.access_token(str(user["id"]), str(user["name"]), str(user["activeWorkspaceId"]))
    set_cookie(response, services.http, ACCESS, token)
    return response


@blueprint.post("/account/logout")
async def logout() -> Response:
    services = current_services()
    response = json_answer({"message": "logged_out", "redirectTo": "/login"})
    await close_session(request_cookies(), services.authentication, services.http, response)
    return response


@blueprint.post("/auth/resolve")
async def resolve() -> Response:
    """Where the user interface goes first."""
    known = await has_organization(current_services().database)
    return json_answer({"redirectUrl": "/signin" if known else "/organization-setup"})


async def _needs_mail() -> Response:
    raise HttpError(400, "Email (SMTP) is not configured on this server")


@blueprint.post("/account/invite")
@needs_session
async def invite() -> Response:
    """Invitations go out by mail, which this server does not send."""
    raise HttpError(400, "Email (SMTP) is not configured on this server: `flowisectl user create` makes accounts")


@blueprint.post("/account/billing")
@needs_session
async def billing() -> Response:
    """Nothing is sold here: only the cloud edition has a billing portal."""
    raise Forbidden


@blueprint.delete("/account/delete")
@needs_session
async def delete_account() -> Response:
    """Nobody deletes the own account from afar: the organization could be left without its owner."""
    raise HttpError(400, "Accounts are not deleted over HTTP: whoever operates this server does it in its database")


for _route in _MAIL_ROUTES:
    blueprint.add_url_rule(f"/account/{_route}", _route, _needs_mail, methods=["POST"])
