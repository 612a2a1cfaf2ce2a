from __future__ import annotations

import base64

import pytest

from flowisectl.secrets.api_keys import bearer_key, hash_api_key, make_api_key, matches

SALT = "0011223344556677"
SECRET = (
    "8f5672e581019dcd52f403d7e656a864d842a1eb7ffc7f978557ea6e85f1cfcfe19a4134b665acd7d31a9498dc4a665ba31d5c18b0952758595646eaa432a50b."
    "0011223344556677"
)


def test_documented_vector_holds() -> None:
    assert hash_api_key("abc", SALT) == SECRET
    assert matches("abc", SECRET)


@pytest.mark.parametrize("secret", ["", ".", "abc", SECRET[:-1] + "8", "0" + SECRET[1:], SECRET + "é"])
def test_another_secret_does_not_match(secret: str) -> None:
    assert not matches("abc", secret)


def test_new_keys_are_43_characters_and_differ() -> None:
    one, two = make_api_key(), make_api_key()

    assert len(one.key) == 43 and len(base64.urlsafe_b64decode(one.key + "=")) == 32
    assert one.key != two.key and matches(one.key, one.secret)
    assert len(one.secret.partition(".")[2]) == 16
    assert one.key not in repr(one)


@pytest.mark.parametrize(
    ("header", "key"),
    [("Bearer abc", "abc"), ("Bearer x Bearer abc", "abc"), ("abc", "abc"), ("bearer abc", "bearer abc"), ("", ""), (None, "")],
)
def test_key_is_what_follows_the_last_bearer(header: str | None, key: str) -> None:
    assert bearer_key(header) == key
