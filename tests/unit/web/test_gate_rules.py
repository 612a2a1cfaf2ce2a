from __future__ import annotations

import pytest

from flowisectl.web.access.callers import Caller
from flowisectl.web.access.gate import Gate
from flowisectl.web.errors import HttpError, UnauthorizedAccess

USER, KEY = Caller(workspace_id="w", user={"id": "u"}), Caller(workspace_id="w")


class Known:
    """Knows one session and one key."""

    async def by_cookies(self, cookies: str) -> Caller:
        if cookies != "good":
            raise HttpError(401, "", body={"message": "Invalid or Missing token"})
        return USER

    async def by_key(self, authorization: str) -> Caller:
        if authorization != "Bearer good":
            raise UnauthorizedAccess
        return KEY


async def admit(
    path: str, *, request_from: str = "", cookies: str = "", authorization: str = "", denied: tuple[str, ...] = ()
) -> Caller | None:
    return await Gate(Known(), denied_public=denied).admit(path, request_from=request_from, cookies=cookies, authorization=authorization)


@pytest.mark.parametrize(
    "path", ["/", "/favicon.ico", "/api/v1/ping", "/api/v1/prediction/x", "/api/v1/leads", "/api/v1/chatmessage/abort/a/b"]
)
async def test_a_public_path_needs_no_caller(path: str) -> None:
    assert await admit(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/chatflows",
        "/api/v1/chatmessage/x",
        "/api/v1/vector/upsert/x",
        "/api/v1/prediction",
        "/api/v1/internal-prediction/x",
        "/api/v1/nope",
        "/API/v1/ping",
        "/api/V1/prediction/x",
        "/x/api/v1/ping",
    ],
)
async def test_any_other_path_is_refused_without_a_key(path: str) -> None:
    with pytest.raises(UnauthorizedAccess):
        await admit(path)


async def test_a_key_opens_ordinary_routes_but_not_those_of_the_user_interface() -> None:
    assert await admit("/api/v1/chatflows", authorization="Bearer good") is KEY
    with pytest.raises(UnauthorizedAccess):
        await admit("/api/v1/chatflows", authorization="Bearer bad")
    with pytest.raises(UnauthorizedAccess):
        await admit("/api/v1/workspaceuser", authorization="Bearer good")


async def test_the_internal_header_asks_for_a_session_and_a_key_does_not_replace_it() -> None:
    assert await admit("/api/v1/workspaceuser", request_from="internal", cookies="good") is USER
    with pytest.raises(HttpError) as refused:
        await admit("/api/v1/chatflows", request_from="internal", authorization="Bearer good")

    assert refused.value.status == 401
    assert refused.value.body == {"message": "Invalid or Missing token"}


async def test_a_denied_prefix_is_public_no_longer() -> None:
    denied = ("/api/v1/prediction/",)

    with pytest.raises(UnauthorizedAccess):
        await admit("/api/v1/prediction/x", denied=denied)
    assert await admit("/api/v1/prediction/x", authorization="Bearer good", denied=denied) is KEY
    assert await admit("/api/v1/ping", denied=denied) is None
