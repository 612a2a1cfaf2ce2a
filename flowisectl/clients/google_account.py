"""Logging in at Google with a key file: that of a service account, or of a user's default credentials.

Formats: https://developers.google.com/identity/protocols/oauth2/service-account#httprest and RFC 7523
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from flowisectl.clients.kept_tokens import asked_token, kept_token
from flowisectl.errors import MissingInput
from flowisectl.interfaces.http import HttpClient

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_URL = "https://oauth2.googleapis.com/token"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SECONDS = 3600
_MOST_BYTES = 100_000


@dataclass(frozen=True, kw_only=True)
class GoogleLogin:
    token: str = field(repr=False)
    project: str


async def google_login(
    http: HttpClient, secret: Callable[[str], str], *, owner: str, folder_of: Callable[[str], Path] = Path
) -> GoogleLogin:
    """The login that a credential of type `googleVertexAuth` means; without one, that of `GOOGLE_APPLICATION_CREDENTIALS`.

    `secret` reads the credential's fields; `owner` begins messages; `folder_of` checks the folder of a key file that the credential
    names. Raises MissingInput, ProviderError, and what `folder_of` raises.
    """
    key = await _key(secret, owner, folder_of)
    project = secret("projectID") or str(
        key.get("project_id") or key.get("quota_project_id") or os.environ.get("GOOGLE_CLOUD_PROJECT") or ""
    )
    if not project:
        raise MissingInput(f"{owner} does not know the project of Google Cloud: fill in the project id in its credential")
    url, form = _exchange(key, owner)

    async def fetch() -> tuple[str, float]:
        return await asked_token(http, url, form(int(time.time())), provider="Google")

    parts = tuple(str(key.get(name) or "") for name in ("client_email", "private_key", "client_id", "client_secret", "refresh_token"))
    return GoogleLogin(token=await kept_token(http, ("google", url, *parts), fetch), project=project)


async def _key(secret: Callable[[str], str], owner: str, folder_of: Callable[[str], Path]) -> Mapping[str, Any]:
    text, named = secret("googleApplicationCredential"), secret("googleApplicationCredentialFilePath")
    if not text:
        if named:
            path = str(folder_of(str(Path(named).parent)) / Path(named).name)
        elif not (path := os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", "")):
            raise MissingInput(f"{owner} has no login at Google: choose a credential with the key of a service account")
        text = await asyncio.to_thread(_read, path, owner)
    try:
        key = orjson.loads(text)
    except ValueError:
        key = None
    if not isinstance(key, Mapping):
        raise MissingInput(f"{owner}: the key of the service account is no JSON object: copy the whole key file into the credential")
    return key


def _read(path: str, owner: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return file.read(_MOST_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise MissingInput(f"{owner}: the key file {path!r} cannot be read on this machine ({type(error).__name__})") from error


def _exchange(key: Mapping[str, Any], owner: str) -> tuple[str, Callable[[int], dict[str, str]]]:
    """Where a token is asked for, and the form to ask with at a time (seconds since 1970)."""
    if key.get("type") == "authorized_user":
        form = {
            "grant_type": "refresh_token",
            **{name: str(key.get(name) or "") for name in ("client_id", "client_secret", "refresh_token")},
        }
        return TOKEN_URL, lambda now: form
    email, private_key = str(key.get("client_email") or ""), str(key.get("private_key") or "")
    if not email or not private_key:
        raise MissingInput(f"{owner}: the key has no client_email or no private_key: it must be that of a service account")
    url = str(key.get("token_uri") or TOKEN_URL)

    def assertion(now: int) -> dict[str, str]:
        import jwt  # with cryptography it is large, and few workers need it

        claims = {"iss": email, "scope": SCOPE, "aud": url, "iat": now, "exp": now + _SECONDS}
        headers = {"kid": str(key["private_key_id"])} if key.get("private_key_id") else None
        try:
            signed = jwt.encode(claims, private_key, algorithm="RS256", headers=headers)
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            raise MissingInput(f"{owner}: the private key of the service account cannot be read: copy the key file anew") from error
        return {"grant_type": _GRANT, "assertion": signed}

    return url, assertion
