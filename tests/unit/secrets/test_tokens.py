from __future__ import annotations

import base64
import json
import time

import jwt
import pytest

from flowisectl.secrets.auth_secrets import AuthSecrets
from flowisectl.secrets.tokens import LoginTokens, TokenExpired, TokenRefused, open_meta, seal_meta

SECRETS = AuthSecrets(
    token_hash="secret", session="s", access="access-secret" * 3, refresh="refresh-secret" * 3, issuer="flowise", audience="flowise"
)


@pytest.fixture
def tokens() -> LoginTokens:
    return LoginTokens(SECRETS)


def claims_of(token: str) -> dict[str, object]:
    body = token.split(".")[1]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def test_documented_vector_of_meta_holds_both_ways() -> None:
    sealed = seal_meta("uid:wsid", "secret", iv=b"\x01" * 16)

    assert sealed == "01010101010101010101010101010101:e2947dd48ff8a336fe1b72382e76a686"
    assert open_meta(sealed, "secret") == "uid:wsid"


@pytest.mark.parametrize("meta", ["", "zz:zz", "01:02", "0101:", "01010101010101010101010101010101:e2947dd48ff8a336fe1b72382e76a687"])
def test_broken_meta_opens_to_nothing(meta: str) -> None:
    assert open_meta(meta, "secret") == ""


def test_access_token_has_the_claims_and_comes_back(tokens: LoginTokens) -> None:
    now = int(time.time())

    token = tokens.access_token("u1", "Ada", "w1", now=now)

    owner = tokens.read_access(token)
    claims = claims_of(token)
    assert list(claims) == ["id", "username", "meta", "iat", "nbf", "exp", "aud", "iss"]
    assert (claims["iat"], claims["exp"], claims["aud"], claims["iss"]) == (now, now + 3600, "flowise", "flowise")
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert (owner.user_id, owner.workspace_id) == ("u1", "w1")
    assert claims_of(tokens.refresh_token("u1", "Ada", "w1", now=now))["exp"] == now + 90 * 86400


def test_old_token_is_expired(tokens: LoginTokens) -> None:
    with pytest.raises(TokenExpired, match="Token Expired"):
        tokens.read_access(tokens.access_token("u1", "Ada", "w1", now=time.time() - 3700))


def test_refresh_token_is_no_access_token(tokens: LoginTokens) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_access(tokens.refresh_token("u1", "Ada", "w1"))
    assert tokens.read_refresh(tokens.refresh_token("u1", "Ada", "w1")).user_id == "u1"


def forged(**changes: object) -> str:
    now = int(time.time())
    claims = {"id": "u1", "meta": seal_meta("u1:w1", "secret"), "iat": now, "exp": now + 60, "aud": "flowise", "iss": "flowise", **changes}
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, SECRETS.access, algorithm="HS256")


@pytest.mark.parametrize(
    "token",
    [
        "", "a.b.c", forged(aud="other"), forged(iss="other"), forged(exp=None), forged(id="u2"), forged(meta=None),
        forged(meta=seal_meta("u1", "secret")), forged(meta=seal_meta("u1:w1", "another")),
        jwt.encode({"id": "u1"}, "", algorithm="none"),
    ],
)  # fmt: skip
def test_forged_tokens_are_refused(tokens: LoginTokens, token: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_access(token)


def test_the_unchanged_sample_of_the_forgeries_is_good(tokens: LoginTokens) -> None:
    assert tokens.read_access(forged()).workspace_id == "w1"
