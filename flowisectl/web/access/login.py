"""Logging in and out: password → user object and cookies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart import Response

from config.settings import HttpSettings
from flowisectl.database.accounts import login_profile, note_login, register_account
from flowisectl.database.connection import Database
from flowisectl.database.user import update_user, user_by_email
from flowisectl.errors import InvalidRequest
from flowisectl.secrets.passwords import DEFAULT_ROUNDS, check_password, hash_password, is_strong, needs_new_hash
from flowisectl.secrets.tokens import TokenRefused
from flowisectl.web.access.auth import ACCESS, REFRESH, SESSION, Authentication
from flowisectl.web.access.sessions import User, session_id_of, signed
from flowisectl.web.errors import HttpError

LONGEST_EMAIL, LONGEST_NAME, LONGEST_PASSWORD = 255, 100, 1024


async def register(database: Database, given: Mapping[str, Any], *, rounds: int = DEFAULT_ROUNDS) -> dict[str, Any]:
    """Make the first account from `{name, email, credential}`. Raises HttpError 400 for what cannot be used or is one too many."""
    name, email, password = (given.get(key) for key in ("name", "email", "credential"))
    if not isinstance(email, str) or not is_email(email):
        raise HttpError(400, "Invalid User Email")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise HttpError(400, "Invalid User Name")
    if not isinstance(password, str) or not is_strong(password):
        raise HttpError(400, "Invalid Password")
    hashed = await hash_password(password, rounds)
    try:
        return await register_account(database, name=name, email=email, password_hash=hashed)
    except InvalidRequest as error:
        raise HttpError(400, error.message) from error


async def checked_user(database: Database, body: Mapping[str, Any], *, rounds: int = DEFAULT_ROUNDS) -> User:
    """The user object of `{email, password}`. Raises HttpError 400, 401 and 404, as clients know them."""
    email, password = body.get("email"), body.get("password")
    if not isinstance(email, str) or not email or len(email) > LONGEST_EMAIL or "\x00" in email:
        raise HttpError(400, "Invalid User Email")
    if not isinstance(password, str) or not password or len(password) > LONGEST_PASSWORD:
        raise HttpError(400, "Invalid User Credential")
    row = await user_by_email(database, email)
    if row is None or row["status"] == "deleted":
        raise HttpError(404, "User Not Found")
    if not await check_password(password, row["credential"]):
        raise HttpError(401, "Incorrect Email or Password")
    if row["status"] != "active":
        raise HttpError(401, "User Email Unverified")
    if needs_new_hash(row["credential"], rounds):
        await update_user(database, row["id"], {"credential": await hash_password(password, rounds)})
    profile = await login_profile(database, row["id"])
    if profile is None:
        raise HttpError(404, "Workspace User Not Found")
    await note_login(database, row["id"], profile["activeWorkspaceId"])
    return profile


def is_email(text: str) -> bool:
    local, at, domain = text.partition("@")
    is_plain = not any(char.isspace() or char == "\x00" for char in text)
    return bool(at and local and domain) and "@" not in domain and len(text) <= LONGEST_EMAIL and is_plain


async def open_session(user: User, authentication: Authentication, settings: HttpSettings, response: Response) -> None:
    """Keep a session of this user, and put its three cookies into the answer."""
    session_id = await authentication.sessions.open(user)
    ids = (str(user["id"]), str(user["name"]), str(user["activeWorkspaceId"]))
    set_cookie(response, settings, ACCESS, authentication.tokens.access_token(*ids))
    set_cookie(response, settings, REFRESH, authentication.tokens.refresh_token(*ids))
    set_cookie(response, settings, SESSION, signed(session_id, authentication.session_secret))


async def refreshed_user(jar: dict[str, str], authentication: Authentication) -> User:
    """The user of a refresh cookie with a live session. Raises HttpError 401."""
    refused = HttpError(401, "Refresh Token Expired", body={"message": "Refresh Token Expired"})
    try:
        owner = authentication.tokens.read_refresh(jar.get(REFRESH, ""))
    except TokenRefused as error:
        raise refused from error
    user = await authentication.session_user(jar)
    if user is None or user.get("id") != owner.user_id:
        raise refused
    return user


async def close_session(jar: dict[str, str], authentication: Authentication, settings: HttpSettings, response: Response) -> None:
    """Forget the session, and take the cookies away."""
    session_id = session_id_of(jar.get(SESSION, ""), authentication.session_secret)
    if session_id:
        await authentication.sessions.close(session_id)
    for name in (ACCESS, REFRESH, SESSION):
        response.delete_cookie(name, path="/", secure=is_secure(settings), httponly=True, samesite="Lax")


def set_cookie(response: Response, settings: HttpSettings, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", secure=is_secure(settings), httponly=True, samesite="Lax")


def is_secure(settings: HttpSettings) -> bool:
    """Whether cookies travel over TLS only: always in production, else as SECURE_COOKIES or the scheme of APP_URL says."""
    if settings.is_production or settings.secure_cookies is True:
        return True
    return settings.secure_cookies is None and settings.app_url.strip().lower().startswith("https")
