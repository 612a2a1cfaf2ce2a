from __future__ import annotations

import pytest

from flowisectl.web.access import sessions
from flowisectl.web.access.auth import cookies_of
from flowisectl.web.access.sessions import LIFETIME_SECONDS, LocalSessions, session_id_of, signed

USER = {"id": "u1", "name": "Ada"}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_signed_cookie_has_the_known_form() -> None:
    # HMAC-SHA256("abc", key "secret") in base64, as `openssl dgst -hmac` gives it.
    assert signed("abc", "secret") == "s%3Aabc.mUba1OAOkT%2FIvo5dP34RCkqegy%2BD%2BwnDRShdeGONig4"


def test_only_a_cookie_with_our_signature_names_a_session() -> None:
    cookie = signed("abc", "secret")

    assert session_id_of(cookie, "secret") == "abc"
    assert session_id_of(cookie, "other") is None
    assert [session_id_of(text, "secret") for text in ("", "abc", "s:abc", "s:.x", "s:abc.", cookie[:-1], "s%3Aabc.\u00e9")] == [None] * 7


async def test_a_session_lives_on_while_it_is_used_and_no_longer() -> None:
    clock = Clock()
    kept = LocalSessions(clock)
    session_id = await kept.open(USER)

    clock.now = LIFETIME_SECONDS - 1
    used = await kept.user(session_id)
    clock.now += LIFETIME_SECONDS - 1
    used_again = await kept.user(session_id)
    clock.now += LIFETIME_SECONDS
    expired = await kept.user(session_id)

    assert (used, used_again, expired) == (USER, USER, None)


async def test_closed_sessions_are_gone() -> None:
    kept = LocalSessions()
    first, second, other = await kept.open(USER), await kept.open(USER), await kept.open({"id": "u2"})

    await kept.close(first)
    count = await kept.close_all_of("u1")

    assert count == 1
    assert [await kept.user(session_id) for session_id in (first, second, other)] == [None, None, {"id": "u2"}]


async def test_the_number_of_sessions_is_bounded_and_the_least_used_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_LOCAL_SESSIONS", 2)
    kept = LocalSessions()
    first, second = await kept.open({"id": "1"}), await kept.open({"id": "2"})

    await kept.user(first)
    await kept.open({"id": "3"})

    assert await kept.user(first) == {"id": "1"}
    assert await kept.user(second) is None


@pytest.mark.parametrize(
    "header",
    [
        "token=abc",
        'prefs={"a":1,"b":2}; token=abc',
        "shop[cart]=1; token=abc",
        "a@b=1; é=2; path=/x; expires=Wed; token=abc",
        "no value; token=abc; =; ;;",
        ' token = "abc" ',
        "token=abc; token=other",
        "x=a=b; token=abc",
    ],
)
def test_cookies_of_others_do_not_hide_ours(header: str) -> None:
    assert cookies_of(header)["token"] == "abc"


@pytest.mark.parametrize("header", ["", "token", "Token=abc", "xtoken=abc", "x=token=abc", 'x="; token'])
def test_a_cookie_that_is_not_there_is_not_made_up(header: str) -> None:
    assert "token" not in cookies_of(header)
