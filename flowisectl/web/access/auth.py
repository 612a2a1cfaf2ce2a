"""Who a request comes from: the cookies of a session, or an API key."""

from __future__ import annotations

from flowisectl.database.accounts import key_owner
from flowisectl.database.connection import Database
from flowisectl.errors import FlowNotFound, InvalidApiKey
from flowisectl.runs.flows import FlowStore, StoredFlow
from flowisectl.secrets.api_keys import ApiKeyChecker, bearer_key
from flowisectl.secrets.tokens import LoginTokens, TokenExpired, TokenRefused
from flowisectl.web.access.callers import SCOPE_KEY, Caller
from flowisectl.web.access.sessions import Sessions, User, session_id_of
from flowisectl.web.errors import HttpError, UnauthorizedAccess
from flowisectl.web.source import Scope, current_scope, header

ACCESS, REFRESH, SESSION = "token", "refreshToken", "connect.sid"


class Authentication:
    """Tells callers apart; one instance serves a main process."""

    def __init__(self, *, database: Database, sessions: Sessions, tokens: LoginTokens, keys: ApiKeyChecker, session_secret: str) -> None:
        self.sessions = sessions
        self.tokens = tokens
        self.keys = keys
        self.session_secret = session_secret
        self._database = database
        self._callers: dict[str, tuple[object, Caller]] = {}
        """Key id → the row that it was made from, and the caller."""

    async def by_cookies(self, cookies: str) -> Caller:
        """The user of a live session whose access token is good. Raises HttpError 401."""
        jar = cookies_of(cookies)
        try:
            owner = self.tokens.read_access(jar.get(ACCESS, ""))
        except TokenExpired as error:
            if jar.get(REFRESH):
                raise HttpError(401, "Token Expired", body={"message": "Token Expired", "retry": True}) from error
            raise _invalid_token() from error
        except TokenRefused as error:
            raise _invalid_token() from error
        user = await self.session_user(jar)
        if user is None or user.get("id") != owner.user_id:
            raise _invalid_token()
        return caller_of(user)

    async def by_key(self, authorization: str) -> Caller:
        """The caller behind an `Authorization` header. Raises UnauthorizedAccess."""
        try:
            row = await self.keys.check(bearer_key(authorization))
        except InvalidApiKey as error:
            raise UnauthorizedAccess from error
        known = self._callers.get(row["id"])
        if known is not None and known[0] is row:
            return known[1]
        owner = await key_owner(self._database, dict(row))
        if owner is None:
            raise UnauthorizedAccess
        caller = Caller(
            workspace_id=owner["workspaceId"],
            organization_id=owner["organizationId"],
            permissions=frozenset(str(item) for item in row["permissions"] or ()),
        )
        if len(self._callers) >= MAX_KNOWN_KEYS:
            self._callers.clear()
        self._callers[row["id"]] = (row, caller)
        return caller

    def forget_keys(self) -> None:
        """Keys were changed or deleted."""
        self.keys.forget_all()
        self._callers.clear()

    async def check_flow_key(self, authorization: str, stored: StoredFlow) -> None:
        """A flow that is bound to a key runs only with that key. Raises InvalidApiKey."""
        row = await self.keys.check(bearer_key(authorization))
        if row["id"] != stored.api_key_id or (row["workspaceId"] or "") != stored.workspace_id:
            raise InvalidApiKey

    async def require_key_or_member(self, stored: StoredFlow) -> None:
        """On a public route: what belongs to a flow that is bound to a key takes that key, or the session of a member of its
        workspace. Raises InvalidApiKey (401)."""
        if not stored.api_key_id:
            return
        user = await self.session_user(request_cookies()) if header(b"cookie") else None
        if user is None or user.get("activeWorkspaceId") != stored.workspace_id:
            await self.check_flow_key(header(b"authorization"), stored)

    async def session_user(self, jar: dict[str, str]) -> User | None:
        """The user whom the session cookie names."""
        session_id = session_id_of(jar.get(SESSION, ""), self.session_secret)
        return await self.sessions.user(session_id) if session_id else None

    async def optional_caller(self) -> Caller | None:
        """The caller of a public route, if it says who it is: by its session or by an API key."""
        known = current_scope().get(SCOPE_KEY)
        if isinstance(known, Caller):
            return known
        user = await self.session_user(request_cookies())
        if user is not None:
            return caller_of(user)
        authorization = header(b"authorization")
        if not authorization:
            return None
        try:
            return await self.by_key(authorization)
        except UnauthorizedAccess:
            return None

    async def refuse_other_workspace(self, flow_id: str, workspace_id: str) -> None:
        """On a public route: to the user of a session, flows of other workspaces are not there. Raises FlowNotFound."""
        if not header(b"cookie"):
            return
        user = await self.session_user(request_cookies())
        if user is not None and str(user.get("activeWorkspaceId") or "") != workspace_id:
            raise FlowNotFound(flow_id)

    async def require_flow_member(self, flow_id: str, flows: FlowStore) -> None:
        """On a public route: what a flow collected is shown only to its workspace. Raises InvalidApiKey (401), and FlowNotFound to
        those who are logged in."""
        caller = await self.optional_caller()
        if caller is None or await flows.workspace_of(flow_id) != caller.workspace_id:
            raise InvalidApiKey

    async def is_own_flow(self, flow_id: str, workspace_id: str, flows: FlowStore) -> bool:
        try:
            return await flows.workspace_of(flow_id) == workspace_id
        except FlowNotFound:
            return False


MAX_KNOWN_KEYS = 10_000


def caller_of(user: User) -> Caller:
    """The caller that a session's user is."""
    return Caller(
        workspace_id=str(user.get("activeWorkspaceId") or ""),
        organization_id=str(user.get("activeOrganizationId") or ""),
        permissions=frozenset(str(item) for item in user.get("permissions") or ()),
        is_admin=user.get("isOrganizationAdmin") is True,
        user=user,
    )


def request_cookies() -> dict[str, str]:
    """The cookies of the current request; they may come in several headers."""
    return cookies_of(cookie_header(current_scope()))


def cookie_header(scope: Scope) -> str:
    """What a request says of cookies, in one text."""
    return "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")


def cookies_of(header: str) -> dict[str, str]:
    """The cookies of a `Cookie` header, as they were sent; of two with one name the first.

    Other sites of the domain may set cookies that no grammar allows: what cannot be read is left out, and nothing else.
    """
    jar: dict[str, str] = {}
    for pair in header.split(";"):
        name, mark, value = pair.partition("=")
        if mark:
            jar.setdefault(name.strip(), value.strip().removeprefix('"').removesuffix('"'))
    return jar


def _invalid_token() -> HttpError:
    return HttpError(401, "Invalid or Missing token", body={"message": "Invalid or Missing token"})
