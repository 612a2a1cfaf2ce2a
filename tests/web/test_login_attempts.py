"""Guessing passwords: an account and an address run out of tries, and a right password does not count."""

from __future__ import annotations

import pytest
from quart import Quart
from quart.testing import QuartClient

from flowisectl.web.access.login_limit import TRIES_OF_ACCOUNT, LoginLimit
from flowisectl.web.access.rate_limit import LocalCounters
from flowisectl.web.errors import HttpError


async def login(client: QuartClient, password: str, email: str = "ada@example.com") -> int:
    answer = await client.post("/api/v1/auth/login", json={"email": email, "password": password})
    return int(answer.status_code)


async def test_a_guesser_is_refused_even_with_the_right_password(app: Quart, admin: QuartClient) -> None:
    guesser = QuartClient(app)

    tries = [await login(guesser, f"Wrong-guess-{number}") for number in range(TRIES_OF_ACCOUNT)]
    afterwards = await login(guesser, "Correct-horse-9")

    assert tries == [401] * TRIES_OF_ACCOUNT and afterwards == 429


async def test_right_passwords_do_not_count(app: Quart, admin: QuartClient) -> None:
    client = QuartClient(app)

    assert [await login(client, "Correct-horse-9") for _ in range(TRIES_OF_ACCOUNT + 3)] == [200] * (TRIES_OF_ACCOUNT + 3)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_limits_end_and_hold_for_address_and_account_apart() -> None:
    clock = Clock()
    limit = LoginLimit(LocalCounters(clock), of_account=2, of_address=3, clock=clock)

    for _ in range(2):
        limit.check("a@x", "10.0.0.1")
        await limit.failed("A@x", "10.0.0.1")
    with pytest.raises(HttpError, match="Too many login attempts") as refused:
        limit.check("a@x", "10.0.0.1")
    assert refused.value.status == 429
    limit.check("a@x", "10.0.0.2")
    limit.check("b@x", "10.0.0.1")
    await limit.failed("b@x", "10.0.0.1")
    with pytest.raises(HttpError):
        limit.check("c@x", "10.0.0.1")

    clock.now += 15 * 60 + 1
    limit.check("a@x", "10.0.0.1")
