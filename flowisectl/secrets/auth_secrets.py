"""The six values that logins are signed with: from the settings, or from AWS or files, where they are made once."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from config.settings import SecretSettings
from flowisectl.secrets.aws_secrets import aws_secrets
from flowisectl.secrets.key_files import read_or_make_secret

DEFAULT_NAME = "flowise"

_Keep = Callable[[str, str, str], str]
"""File name, suffix of an AWS secret's name, fresh value → the value that is kept."""


@dataclass(frozen=True, kw_only=True)
class AuthSecrets:
    token_hash: str = field(repr=False)
    session: str = field(repr=False)
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    issuer: str
    audience: str


def auth_secrets(settings: SecretSettings) -> AuthSecrets:
    """Each value from its setting (trimmed; a known weak default counts as unset), else from its place, where it is made when missing.

    The place is a file in SECRETKEY_PATH or, with SECRETKEY_STORAGE_TYPE=aws, a secret whose name begins with
    SECRETKEY_AWS_AUTH_PREFIX. This may wait for AWS. Raises InvalidSetting for a place that cannot be used, Unavailable.
    """
    keep = _in_aws(settings) if settings.storage_type == "aws" else _in_files(settings)
    return AuthSecrets(
        token_hash=_secret(settings.token_hash_secret, keep, "token_hash_secret.key", "TokenHashSecret", weak={"popcorn"}),
        session=_secret(settings.session_secret, keep, "express_session_secret.key", "ExpressSessionSecret", weak={"flowise"}),
        access=_secret(settings.jwt_auth_token_secret, keep, "jwt_auth_token_secret.key", "JWTAuthTokenSecret"),
        refresh=_secret(settings.jwt_refresh_token_secret, keep, "jwt_refresh_token_secret.key", "JWTRefreshTokenSecret"),
        issuer=settings.jwt_issuer.strip() or keep("jwt_issuer.key", "JWTIssuer", DEFAULT_NAME),
        audience=settings.jwt_audience.strip() or keep("jwt_audience.key", "JWTAudience", DEFAULT_NAME),
    )


def _in_files(settings: SecretSettings) -> _Keep:
    folder = settings.path.expanduser()
    return lambda file, suffix, fresh: read_or_make_secret(folder / file, fresh)


def _in_aws(settings: SecretSettings) -> _Keep:
    return lambda file, suffix, fresh: aws_secrets(settings).read_or_make(settings.aws_auth_prefix + suffix, fresh)


def _secret(given: str, keep: _Keep, file: str, suffix: str, weak: set[str] | None = None) -> str:
    given = given.strip()
    if given and given not in (weak or set()) and not _is_sample(given):
        return given
    return keep(file, suffix, base64.b64encode(os.urandom(32)).decode("ascii"))


def _is_sample(text: str) -> bool:
    """The value of the example files: doubled letters of the alphabet, `AABBCCDD…`."""
    return text.startswith("AABBCCDD")
