"""The gate before `/api/v1`: which routes are public, and how the others know their caller.

1. The prefix in another letter case is refused.
2. A public prefix is let through unchecked, unless DENYLIST_URLS names it.
3. `x-request-from: internal` needs the cookies of a session.
4. Some routes take no API key.
5. Everything else needs an API key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from flowisectl.web.access.callers import Caller
from flowisectl.web.errors import UnauthorizedAccess

API = "/api/v1/"
PUBLIC = tuple(
    API + path
    for path in (
        "verify/apikey/",
        "chatflows/apikey/",
        "public-chatflows",
        "public-chatbotConfig",
        "public-executions",
        "prediction/",
        "jobs/",
        "webhook/",
        "chatmessage/abort",
        "node-icon/",
        "components-credentials-icon/",
        "chatflows-streaming",
        "chatflows-uploads",
        "openai-assistants-file/download",
        "feedback",
        "leads",
        "get-upload-file",
        "ip",
        "ping",
        "version",
        "attachments",
        "auth/resolve",
        "auth/login",
        "auth/refreshToken",
        "settings",
        "account/logout",
        "account/verify",
        "account/register",
        "account/resend-verification",
        "account/forgot-password",
        "account/reset-password",
        "account/confirm-email-change",
        "loginmethod/default",
        "pricing",
        "user/test",
        "oauth2-credential/callback",
        "oauth2-credential/refresh",
        "mcp/",
        "text-to-speech/generate",
        "text-to-speech/abort",
        "openapi",
        "azure/login",
        "azure/logout",
        "azure/callback",
        "google/login",
        "google/logout",
        "google/callback",
        "auth0/login",
        "auth0/logout",
        "auth0/callback",
        "github/login",
        "github/logout",
        "github/callback",
    )
)
SESSION_ONLY = tuple(API + path for path in ("nvidia-nim", "account/delete", "files", "organizationuser", "workspace", "workspaceuser"))


class Authenticator(Protocol):
    """Tells callers apart. Both raise HttpError 401 for one it does not know."""

    async def by_cookies(self, cookies: str) -> Caller: ...

    async def by_key(self, authorization: str) -> Caller: ...


class Gate:
    """Decides over every request, before it reaches a route."""

    def __init__(self, authenticator: Authenticator, *, denied_public: Iterable[str] = ()) -> None:
        denied = {prefix.strip() for prefix in denied_public}
        self._public = tuple(prefix for prefix in PUBLIC if prefix not in denied)
        self._authenticator = authenticator

    def is_public(self, path: str) -> bool:
        return path.startswith(self._public)

    async def admit(self, path: str, *, request_from: str, cookies: str, authorization: str) -> Caller | None:
        """The caller, or None on a public path. Raises HttpError 401."""
        if self.is_public(path):
            return None
        if API not in path:
            if API in path.lower():
                raise UnauthorizedAccess
            return None
        if request_from == "internal":
            return await self._authenticator.by_cookies(cookies)
        if path.startswith(SESSION_ONLY):
            raise UnauthorizedAccess
        return await self._authenticator.by_key(authorization)
