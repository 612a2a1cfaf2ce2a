"""Who a request comes from, and what that caller may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec

from quart import Response

from flowisectl.web.errors import Forbidden, HttpError, UnauthorizedAccess
from flowisectl.web.source import current_scope

SCOPE_KEY = "flowisectl.caller"

P = ParamSpec("P")
View = Callable[P, Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A user with a session, or an API key."""

    workspace_id: str
    organization_id: str = ""
    permissions: frozenset[str] = frozenset()
    is_admin: bool = False
    """The organization's admin passes every check; an API key never is one."""
    user: Mapping[str, Any] | None = field(default=None, repr=False)
    """The user object of the session; None for an API key."""

    def may(self, *permissions: str) -> bool:
        """Whether the caller has one of these permissions."""
        return self.is_admin or any(permission in self.permissions for permission in permissions)


def current_caller() -> Caller:
    """The caller whom the gate let in. Raises UnauthorizedAccess on a public route without one."""
    caller = current_scope().get(SCOPE_KEY)
    if not isinstance(caller, Caller):
        raise UnauthorizedAccess
    return caller


def workspace_id() -> str:
    """The caller's workspace. Raises HttpError when it has none."""
    found = current_caller().workspace_id
    if not found:
        raise HttpError(400, "Workspace ID is required")
    return found


def needs(*permissions: str) -> Callable[[View[P]], View[P]]:
    """A guard above a route: the caller needs one of these permissions, else 403."""

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
            if not current_caller().may(*permissions):
                raise Forbidden
            return await view(*args, **kwargs)

        return guarded

    return guard


def needs_session(view: View[P]) -> View[P]:
    """A guard above a route that only a logged-in user may call."""

    @wraps(view)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
        if current_caller().user is None:
            raise UnauthorizedAccess
        return await view(*args, **kwargs)

    return guarded
