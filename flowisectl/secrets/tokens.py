"""Login tokens: JWT (HS256) with the claims of Flowise, and the encrypted `meta` claim that binds a token to user and workspace."""

from __future__ import annotations

import hashlib
import os
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowisectl.errors import AccessDenied
from flowisectl.secrets.aes import BLOCK_BYTES, decrypt_cbc, encrypt_cbc
from flowisectl.secrets.auth_secrets import AuthSecrets

_ALGORITHM = "HS256"


class TokenRefused(AccessDenied):
    """The token is missing, forged or for somebody else."""


class TokenExpired(TokenRefused):
    """The token was good; its time is over."""


@dataclass(frozen=True, kw_only=True)
class TokenOwner:
    user_id: str
    workspace_id: str
    claims: Mapping[str, Any]


class LoginTokens:
    """Makes and reads access and refresh tokens."""

    def __init__(self, secrets: AuthSecrets, *, access_minutes: int = 60, refresh_minutes: int = 129_600) -> None:
        self._secrets = secrets
        self._access_seconds = access_minutes * 60
        self._refresh_seconds = refresh_minutes * 60

    def access_token(self, user_id: str, user_name: str, workspace_id: str, *, now: float | None = None) -> str:
        return self._make(self._secrets.access, self._access_seconds, user_id, user_name, workspace_id, now)

    def refresh_token(self, user_id: str, user_name: str, workspace_id: str, *, now: float | None = None) -> str:
        return self._make(self._secrets.refresh, self._refresh_seconds, user_id, user_name, workspace_id, now)

    def read_access(self, token: str) -> TokenOwner:
        """Whose token it is. Raises TokenExpired, TokenRefused."""
        return self._read(self._secrets.access, token)

    def read_refresh(self, token: str) -> TokenOwner:
        """Whose token it is. Raises TokenExpired, TokenRefused."""
        return self._read(self._secrets.refresh, token)

    def _make(self, secret: str, seconds: int, user_id: str, user_name: str, workspace_id: str, now: float | None) -> str:
        import jwt  # with what it brings along it is large, and many servers see no login for days

        issued = int(time.time() if now is None else now)
        claims = {
            "id": user_id,
            "username": user_name,
            "meta": seal_meta(f"{user_id}:{workspace_id}", self._secrets.token_hash),
            "iat": issued,
            "nbf": issued,
            "exp": issued + seconds,
            "aud": self._secrets.audience,
            "iss": self._secrets.issuer,
        }
        with warnings.catch_warnings():
            # Secrets of existing installations may be shorter than the 32 bytes that PyJWT recommends.
            warnings.simplefilter("ignore")
            return jwt.encode(claims, secret, algorithm=_ALGORITHM)

    def _read(self, secret: str, token: str) -> TokenOwner:
        import jwt

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                claims = jwt.decode(
                    token,
                    secret,
                    algorithms=[_ALGORITHM],
                    audience=self._secrets.audience,
                    issuer=self._secrets.issuer,
                    options={"require": ["exp", "iat", "aud", "iss"]},
                )
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired("Token Expired") from error
        except jwt.InvalidTokenError as error:
            raise TokenRefused("Invalid or Missing token") from error
        user_id, mark, workspace_id = open_meta(str(claims.get("meta", "")), self._secrets.token_hash).partition(":")
        if not mark or not user_id or claims.get("id") != user_id:
            raise TokenRefused("Invalid or Missing token")
        return TokenOwner(user_id=user_id, workspace_id=workspace_id, claims=claims)


def seal_meta(text: str, secret: str, *, iv: bytes | None = None) -> str:
    """hex(IV) + `:` + hex(AES-256-CBC), the key being SHA-256 of the secret. The IV (16 bytes) is random unless it is given."""
    iv = os.urandom(BLOCK_BYTES) if iv is None else iv
    return f"{iv.hex()}:{encrypt_cbc(text.encode(), hashlib.sha256(secret.encode()).digest(), iv).hex()}"


def open_meta(meta: str, secret: str) -> str:
    """The text of a `meta` claim; empty when it cannot be opened."""
    iv_hex, _, body_hex = meta.partition(":")
    try:
        return decrypt_cbc(bytes.fromhex(body_hex), hashlib.sha256(secret.encode()).digest(), bytes.fromhex(iv_hex)).decode()
    except ValueError:
        return ""
