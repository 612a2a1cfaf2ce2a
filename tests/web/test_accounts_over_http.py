from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from http.cookies import SimpleCookie

import pytest
from quart import Quart
from quart.testing import QuartClient

from flowisectl.database.user import update_user, user_by_email
from flowisectl.web.services import WebServices

EMAIL, PASSWORD = "ada@example.com", "Correct-horse-9"
INTERNAL = {"x-request-from": "internal"}

LOGIN = "/api/v1/auth/login"


async def test_the_first_account_gets_organization_workspace_and_owner_role(anybody: QuartClient) -> None:
    user = {"name": "Ada", "email": EMAIL, "credential": PASSWORD}

    before = await (await anybody.post("/api/v1/auth/resolve", json={})).get_json()
    answer = await anybody.post("/api/v1/account/register", json={"user": user})
    after = await (await anybody.post("/api/v1/auth/resolve", json={})).get_json()

    rows = await answer.get_json()
    assert answer.status_code == 201
    assert set(rows) == {"user", "organization", "organizationUser", "workspace", "workspaceUser", "role"}
    assert rows["role"]["name"] == "owner"
    assert "credential" not in rows["user"]
    assert (before, after) == ({"redirectUrl": "/organization-setup"}, {"redirectUrl": "/signin"})


async def test_a_second_registration_is_refused(admin: QuartClient) -> None:
    answer = await admin.post("/api/v1/account/register", json={"user": {"name": "B", "email": "b@example.com", "credential": PASSWORD}})

    assert answer.status_code == 400
    assert (await answer.get_json())["message"] == "You can only have one organization"


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ({"name": "A", "email": EMAIL, "credential": "weak"}, "Invalid Password"),
        ({"name": "A", "email": "no-address", "credential": PASSWORD}, "Invalid User Email"),
        ({"name": "", "email": EMAIL, "credential": PASSWORD}, "Invalid User Name"),
        ({"name": 5, "email": EMAIL, "credential": PASSWORD}, "Invalid User Name"),
        ({"name": "A", "email": ["x"], "credential": PASSWORD}, "Invalid User Email"),
        ({"name": "A", "email": EMAIL, "credential": {"a": 1}}, "Invalid Password"),
        (None, "Invalid User Email"),
        ([], "Invalid User Email"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(anybody: QuartClient, user: object, message: str) -> None:
    answer = await anybody.post("/api/v1/account/register", json={"user": user})

    assert answer.status_code == 400
    assert (await answer.get_json())["message"] == message


async def test_a_login_gives_the_user_object_and_three_http_only_cookies(admin: QuartClient, anybody: QuartClient) -> None:
    answer = await anybody.post(LOGIN, json={"email": EMAIL.upper(), "password": PASSWORD})

    user = await answer.get_json()
    cookies = {name: morsel for header in answer.headers.getlist("Set-Cookie") for name, morsel in SimpleCookie(header).items()}
    assert answer.status_code == 200
    assert user["email"] == EMAIL
    assert user["isOrganizationAdmin"] is True
    assert user["activeWorkspace"] == "Default Workspace"
    assert user["features"] == {}
    assert set(cookies) == {"token", "refreshToken", "connect.sid"}
    assert all(cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/" for cookie in cookies.values())
    assert not any(cookie["secure"] or cookie["max-age"] for cookie in cookies.values())
    assert cookies["connect.sid"].value.startswith("s%3A")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"email": EMAIL, "password": "wrong"}, 401, "Incorrect Email or Password"),
        ({"email": "nobody@example.com", "password": "wrong"}, 404, "User Not Found"),
        ({}, 400, "Invalid User Email"),
        ({"email": EMAIL}, 400, "Invalid User Credential"),
        ({"email": 5, "password": PASSWORD}, 400, "Invalid User Email"),
        ({"email": EMAIL, "password": ["x"]}, 400, "Invalid User Credential"),
        ({"email": "%@example.com", "password": PASSWORD}, 404, "User Not Found"),
        ({"email": "a\x00b", "password": PASSWORD}, 400, "Invalid User Email"),
    ],
)
async def test_a_login_that_fails_says_why(admin: QuartClient, anybody: QuartClient, body: object, status: int, message: str) -> None:
    answer = await anybody.post(LOGIN, json=body)

    assert answer.status_code == status
    assert await answer.get_json() == {"statusCode": status, "success": False, "message": message, "stack": {}}
    assert not answer.headers.getlist("Set-Cookie")


async def test_an_account_that_is_not_active_cannot_log_in(admin: QuartClient, anybody: QuartClient, services: WebServices) -> None:
    row = await user_by_email(services.database, EMAIL)
    assert row is not None
    await update_user(services.database, row["id"], {"status": "unverified"})

    answer = await anybody.post(LOGIN, json={"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 401
    assert (await answer.get_json())["message"] == "User Email Unverified"


async def test_a_weak_hash_is_renewed_at_login(admin: QuartClient, services: WebServices, anybody: QuartClient) -> None:
    from flowisectl.web.app import create_app

    before = await user_by_email(services.database, EMAIL)
    stricter = create_app(replace(services, password_rounds=5)).test_client()

    await stricter.post(LOGIN, json={"email": EMAIL, "password": PASSWORD})

    after = await user_by_email(services.database, EMAIL)
    again = await anybody.post(LOGIN, json={"email": EMAIL, "password": PASSWORD})
    assert before is not None and after is not None
    assert before["credential"].startswith("$2b$04$")
    assert after["credential"].startswith("$2b$05$")
    assert again.status_code == 200


async def test_a_refresh_gives_a_new_access_token_and_the_user(admin: QuartClient) -> None:
    answer = await admin.post("/api/v1/auth/refreshToken", json={})

    names = [header.partition("=")[0] for header in answer.headers.getlist("Set-Cookie")]
    assert answer.status_code == 200
    assert (await answer.get_json())["email"] == EMAIL
    assert names == ["token"]


async def test_a_refresh_without_cookies_or_with_bad_ones_is_refused(anybody: QuartClient) -> None:
    bare = await anybody.post("/api/v1/auth/refreshToken", json={})
    forged = await anybody.post("/api/v1/auth/refreshToken", json={}, headers={"Cookie": "refreshToken=x.y.z; connect.sid=s%3Aabc.def"})

    assert (bare.status_code, await bare.get_data(as_text=True)) == (401, "Unauthorized")
    assert (forged.status_code, await forged.get_json()) == (401, {"message": "Refresh Token Expired"})


async def test_after_logout_the_old_cookies_open_nothing(admin: QuartClient, anybody: QuartClient) -> None:
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in admin.cookie_jar or ())
    before = await anybody.get("/api/v1/chatflows", headers={**INTERNAL, "Cookie": cookies})

    answer = await admin.post("/api/v1/account/logout", json={})
    after = await anybody.get("/api/v1/chatflows", headers={**INTERNAL, "Cookie": cookies})

    assert before.status_code == 200
    assert await answer.get_json() == {"message": "logged_out", "redirectTo": "/login"}
    assert (after.status_code, await after.get_json()) == (401, {"message": "Invalid or Missing token"})


async def test_an_expired_access_token_asks_for_a_refresh_when_there_is_one(
    admin: QuartClient, anybody: QuartClient, services: WebServices
) -> None:
    jar = {cookie.name: cookie.value for cookie in admin.cookie_jar or ()}
    row = await user_by_email(services.database, EMAIL)
    assert row is not None
    old = services.authentication.tokens.access_token(row["id"], "Ada", "w", now=time.time() - 90_000)
    headers = {**INTERNAL, "Cookie": f"token={old}; connect.sid={jar['connect.sid']}"}

    alone = await anybody.get("/api/v1/chatflows", headers=headers)
    refreshable = await anybody.get(
        "/api/v1/chatflows", headers={**headers, "Cookie": f"{headers['Cookie']}; refreshToken={jar['refreshToken']}"}
    )

    assert (alone.status_code, await alone.get_json()) == (401, {"message": "Invalid or Missing token"})
    assert (refreshable.status_code, await refreshable.get_json()) == (401, {"message": "Token Expired", "retry": True})


async def test_a_token_of_one_user_does_not_open_the_session_of_another(
    admin: QuartClient, anybody: QuartClient, services: WebServices
) -> None:
    jar = {cookie.name: cookie.value for cookie in admin.cookie_jar or ()}
    other = services.authentication.tokens.access_token("somebody-else", "Eve", "w")

    answer = await anybody.get("/api/v1/chatflows", headers={**INTERNAL, "Cookie": f"token={other}; connect.sid={jar['connect.sid']}"})

    assert answer.status_code == 401


async def test_behind_tls_cookies_are_secure(admin: QuartClient, make_app: Callable[..., Quart]) -> None:
    client = make_app(app_url="https://flows.example").test_client(use_cookies=False)

    answer = await client.post(LOGIN, json={"email": EMAIL, "password": PASSWORD})

    assert all("Secure" in header for header in answer.headers.getlist("Set-Cookie"))


async def test_mail_routes_say_that_there_is_no_mail(anybody: QuartClient) -> None:
    answer = await anybody.post("/api/v1/account/forgot-password", json={"user": {"email": EMAIL}})

    assert answer.status_code == 400
    assert (await answer.get_json())["message"] == "Email (SMTP) is not configured on this server"


async def test_the_user_object_is_for_sessions_only(admin: QuartClient, anybody: QuartClient, key: dict[str, str]) -> None:
    mine = await admin.get("/api/v1/user", headers=INTERNAL)
    by_key = await anybody.get("/api/v1/user", headers=key)

    assert (await mine.get_json())["email"] == EMAIL
    assert by_key.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("POST", "account/invite", 400, "`flowisectl user create`"),
        ("POST", "account/billing", 403, "Forbidden"),
        ("DELETE", "account/delete", 400, "not deleted over HTTP"),
    ],
)
async def test_what_this_server_does_not_do_with_accounts_is_said_to_users_and_to_nobody_else(
    admin: QuartClient, anybody: QuartClient, key: dict[str, str], method: str, path: str, status: int, text: str
) -> None:
    answer = await admin.open(f"/api/v1/{path}", method=method, json={}, headers=INTERNAL)
    others = [await anybody.open(f"/api/v1/{path}", method=method, json={}, headers=headers) for headers in ({}, key)]

    assert answer.status_code == status and text in (await answer.get_json())["message"]
    assert [other.status_code for other in others] == [401, 401]


async def test_cookies_that_other_sites_of_the_domain_set_end_no_session(admin: QuartClient, anybody: QuartClient) -> None:
    login = await anybody.post("/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
    ours = "; ".join(line.partition(";")[0] for line in login.headers.getlist("Set-Cookie"))

    answer = await anybody.get("/api/v1/user", headers={**INTERNAL, "Cookie": f'prefs={{"theme":"dark"}}; cart[0]=1; {ours}; x'})

    assert answer.status_code == 200
