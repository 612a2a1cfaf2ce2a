"""Credentials that log in at another service: begin, come back with a code, renew."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from typing import Any

from quart import Blueprint, Response, request

from flowisectl.database.credential import get_credential, update_credential
from flowisectl.database.lookup import Row
from flowisectl.errors import FlowisectlError, InvalidRequest
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.answers import TEXT_TYPE, json_answer
from flowisectl.web.catalogue.oauth2 import STATE_SECONDS, ask_token, authorization_url, check_token_url, credential_of_state, state_of
from flowisectl.web.errors import HttpError
from flowisectl.web.services import current_services
from flowisectl.web.source import base_url

blueprint = Blueprint("oauth2_credentials", __name__)

CALLBACK = "/api/v1/oauth2-credential/callback"
_PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    "<body><h1>{title}</h1><p>{text}</p></body></html>"
)


@blueprint.post("/oauth2-credential/authorize/<credential_id>")
@needs("credentials:create", "credentials:update")
async def authorize(credential_id: str) -> Response:
    """Where the user has to log in for this credential."""
    services = current_services()
    row = await get_credential(services.database, credential_id)
    if row is None or row["workspaceId"] != workspace_id():
        raise _failed(404, "Credential not found")
    fields = await services.vault.opened(row["encryptedData"])
    redirect, state = _redirect_of(fields), state_of(row["id"], services.authentication.session_secret)
    try:
        url = authorization_url(fields, redirect_uri=redirect, state=state)
    except InvalidRequest as error:
        raise _failed(400, error.message) from error
    message = "Open the authorization URL to log in"
    told = {"credentialId": row["id"], "authorizationUrl": url, "redirectUri": redirect}
    return json_answer({"success": True, "message": message, **told})


def _redirect_of(fields: Mapping[str, Any]) -> str:
    return str(fields.get("redirectUri") or fields.get("redirect_uri") or base_url() + CALLBACK)


@blueprint.get("/oauth2-credential/callback")
async def callback() -> Response:
    """Where the service sends the user back to, with `code` and `state`; a page says how it went."""
    services = current_services()
    code, refusal = request.args.get("code", ""), request.args.get("error", "")
    credential_id = credential_of_state(request.args.get("state", ""), services.authentication.session_secret)
    row = await get_credential(services.database, credential_id) if credential_id else None
    if row is None:
        return _page(400, "This login was not begun here", "Begin it again at the credential.")
    if await _is_replayed(request.args.get("state", "")):
        return _page(400, "This login was finished before", "Begin it again at the credential.")
    if refusal or not code:
        return _page(400, "The service did not log you in", refusal[:200] or "It sent no code.")
    try:
        fields = await services.vault.opened(row["encryptedData"])
        await _keep_token(row, fields, {"grant_type": "authorization_code", "code": code, "redirect_uri": _redirect_of(fields)})
    except FlowisectlError as error:
        return _page(400, "The service did not log you in", error.message)
    return _page(200, "The credential is logged in", "You can close this window.")


async def _is_replayed(state: str) -> bool:
    """Whether some main process has seen this state come back before."""
    digest = hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
    return (await current_services().counters.count("oauth2-state", digest, STATE_SECONDS)).requests > 1


@blueprint.post("/oauth2-credential/refresh/<credential_id>")
async def refresh(credential_id: str) -> Response:
    """Get a new access token by the refresh token that the credential has."""
    services = current_services()
    row = await get_credential(services.database, credential_id)
    caller = await services.authentication.optional_caller()
    if row is None or (caller is not None and caller.workspace_id != row["workspaceId"]):
        raise _failed(404, "Credential not found")
    fields = await services.vault.opened(row["encryptedData"])
    token = str(fields.get("refresh_token") or "")
    if not token:
        raise _failed(400, "The credential has no refresh token: log in with it first")
    grant = {"grant_type": "refresh_token", "refresh_token": token, **({"scope": str(fields["scope"])} if fields.get("scope") else {})}
    try:
        found = await _keep_token(row, fields, grant)
    except FlowisectlError as error:
        raise _failed(400, "The token could not be renewed", details=error.message) from error
    info = {
        "token_type": found.get("token_type", "Bearer"),
        "has_new_refresh_token": "refresh_token" in found,
        "expires_at": found.get("expires_at"),
    }
    return json_answer({"success": True, "message": "The token was renewed", "credentialId": row["id"], "tokenInfo": info})


async def _keep_token(row: Row, fields: Mapping[str, Any], grant: Mapping[str, str]) -> dict[str, Any]:
    """Ask for a token and keep it with the credential; gives what was added."""
    services = current_services()
    http = services.http
    check_token_url(
        str(fields.get("accessTokenUrl") or ""), is_checked=http.oauth2_security_check, allowed=http.oauth2_allowed_token_domains
    )
    if services.outgoing is None:
        raise InvalidRequest("this server cannot call other services")
    found = await ask_token(services.outgoing, fields, grant)
    await update_credential(services.database, row["id"], {"encryptedData": services.vault.seal({**fields, **found})})
    services.vault.forget(row["id"])
    return found


def _failed(status: int, message: str, **more: str) -> HttpError:
    return HttpError(status, message, body={"success": False, "message": message, **more})


def _page(status: int, title: str, text: str) -> Response:
    return Response(_PAGE.format(title=html.escape(title), text=html.escape(text)), status, content_type=TEXT_TYPE)
