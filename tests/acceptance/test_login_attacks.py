"""Logins that nobody has: sessions brought along, forged tokens, keys that are none, guesses."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

import jwt
import pytest
from attack_target import EMAIL, PASSWORD, SECONDS, Target


def logged_in(target: Target, **headers: str) -> tuple[list[str], dict[str, str]]:
    """The `Set-Cookie` lines of a login, and the cookies."""
    connection = http.client.HTTPConnection("127.0.0.1", target.program.port, timeout=SECONDS)
    given = {"Content-Type": "application/json", **headers}
    connection.request("POST", "/api/v1/auth/login", json.dumps({"email": EMAIL, "password": PASSWORD}), given)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()
    lines = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    connection.close()
    return lines, {line.partition("=")[0]: line.partition("=")[2].partition(";")[0] for line in lines}


def opens(target: Target, cookies: dict[str, str]) -> int:
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return target.call("GET", "/api/v1/user", Cookie=text, x_request_from="internal")[0]


def test_a_session_is_never_one_that_the_visitor_brought(target: Target) -> None:
    _, first = logged_in(target)

    _, second = logged_in(target, Cookie=f"connect.sid={first['connect.sid']}")
    _, third = logged_in(target, Cookie="connect.sid=s%3Achosen.AAAA")

    assert len({first["connect.sid"], second["connect.sid"], third["connect.sid"]}) == 3
    assert opens(target, {**second, "connect.sid": "s%3Achosen.AAAA"}) == 401


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(target: Target) -> None:
    lines, cookies = logged_in(target)

    assert set(cookies) == {"token", "refreshToken", "connect.sid"}
    for line in lines:
        assert "HttpOnly" in line and "SameSite=Lax" in line and "Path=/" in line and "Domain" not in line


def forged(token: str, key: str, algorithm: str, **changes: Any) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode({**claims, **changes}, key, algorithm=algorithm)


def test_a_forged_token_opens_nothing(target: Target) -> None:
    _, cookies = logged_in(target)
    token, now = cookies["token"], int(time.time())
    head_of, body, signature = token.split(".")
    wrong = [
        forged(token, "", "none"),
        forged(token, "", "none") + "x",
        forged(token, "guessed-secret-guessed-secret-guessed", "HS256"),
        forged(token, "guessed-secret-guessed-secret-guessed" * 2, "HS512"),
        forged(token, "guessed-secret-guessed-secret-guessed", "HS256", exp=now - 10),
        f"{head_of}.{body}.",
        f"{head_of}.{body}",
        f"{head_of}.{body}.{signature[::-1]}",
        f"{head_of}.{body[:-2]}xx.{signature}",
        cookies["refreshToken"],
        "",
        "x" * 5000,
        "a.b.c",
    ]

    assert opens(target, cookies) == 200
    assert [opens(target, {**cookies, "token": item}) for item in wrong] == [401] * len(wrong)


def test_a_token_without_its_session_and_a_session_without_its_token_open_nothing(target: Target) -> None:
    _, cookies = logged_in(target)

    assert opens(target, {"token": cookies["token"]}) == 401 and opens(target, {"connect.sid": cookies["connect.sid"]}) == 401
    assert target.call("GET", "/api/v1/user", Authorization=f"Bearer {cookies['token']}")[0] == 401


def test_a_refresh_token_ends_with_its_session(target: Target) -> None:
    _, cookies = logged_in(target)
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())

    def refresh(cookie: str) -> int:
        return target.call("POST", "/api/v1/auth/refreshToken", Cookie=cookie)[0]

    before = refresh(text), refresh(f"refreshToken={cookies['token']}; connect.sid={cookies['connect.sid']}")
    out = target.call("POST", "/api/v1/account/logout", Cookie=text)[0]

    assert before == (200, 401) and out == 200
    assert refresh(text) == 401 and opens(target, cookies) == 401


@pytest.mark.parametrize("header", ["Bearer ", "Bearer x", "Bearer " + "x" * 8000, "Basic YTpi", "Bearer \xff\xfe", "Bearer ' OR 1=1 --"])
def test_a_key_that_is_none_opens_nothing(target: Target, header: str) -> None:
    answer = target.raw(f"GET /api/v1/apikey HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {header}\r\n\r\n".encode("latin-1"))

    assert answer.startswith(b"HTTP/1.1 401 ") and b'{"error":"Unauthorized Access"}' in answer


def test_guesses_of_a_password_come_to_an_end(target: Target) -> None:
    body = json.dumps({"email": "nobody@example.com", "password": "Wrong-horse-1"})

    statuses = [target.call("POST", "/api/v1/auth/login", body, Content_Type="application/json")[0] for _ in range(40)]

    assert statuses[0] == 404 and statuses[-1] == 429
