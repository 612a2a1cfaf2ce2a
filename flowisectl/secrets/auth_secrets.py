"""The six values that logins are signed with: from the settings, or from files that are made once."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path

from config.settings import SecretSettings
from flowisectl.secrets.encryption_key import require_files
from flowisectl.secrets.key_files import read_or_make_secret

DEFAULT_NAME = "flowise"


@dataclass(frozen=True, kw_only=True)
class AuthSecrets:
    token_hash: str = field(repr=False)
    session: str = field(repr=False)
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    issuer: str
    audience: str


def auth_secrets(settings: SecretSettings) -> AuthSecrets:
    """Each value from its setting (trimmed; a known weak default counts as unset), else from its file, which is made when missing.

    Raises InvalidSetting when a file cannot be read or written, or secrets shall be kept elsewhere than in files.
    """
    require_files(settings)
    folder = settings.path.expanduser()
    return AuthSecrets(
        token_hash=_secret(settings.token_hash_secret, folder / "token_hash_secret.key", weak={"popcorn"}),
        session=_secret(settings.session_secret, folder / "express_session_secret.key", weak={"flowise"}),
        access=_secret(settings.jwt_auth_token_secret, folder / "jwt_auth_token_secret.key"),
        refresh=_secret(settings.jwt_refresh_token_secret, folder / "jwt_refresh_token_secret.key"),
        issuer=settings.jwt_issuer.strip() or read_or_make_secret(folder / "jwt_issuer.key", DEFAULT_NAME),
        audience=settings.jwt_audience.strip() or read_or_make_secret(folder / "jwt_audience.key", DEFAULT_NAME),
    )


def _secret(given: str, file: Path, weak: set[str] | None = None) -> str:
    given = given.strip()
    if given and given not in (weak or set()) and not _is_sample(given):
        return given
    return read_or_make_secret(file, base64.b64encode(os.urandom(32)).decode("ascii"))


def _is_sample(text: str) -> bool:
    """The value of the example files: doubled letters of the alphabet, `AABBCCDD…`."""
    return text.startswith("AABBCCDD")
