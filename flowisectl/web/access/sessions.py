"""Server-side sessions: who is logged in, by the id that the cookie `connect.sid` carries.

Format of a stored session: `{"cookie": {…}, "passport": {"user": {…}}}`, as the original keeps it.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import quote, unquote

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from flowisectl.errors import RedisUnavailable
from flowisectl.web.json_text import to_json

LIFETIME_SECONDS = 86_400
MAX_LOCAL_SESSIONS = 10_000
TOUCH_SECONDS = 300.0
"""A session that is used lives on; its life is written anew at most this often."""

COOKIE = {"originalMaxAge": None, "httpOnly": True, "path": "/", "sameSite": "lax"}
"""What a stored session says of its cookie."""

User = Mapping[str, Any]


class Sessions(Protocol):
    """The sessions of all users. Raises RedisUnavailable where they live in Redis."""

    async def open(self, user: User) -> str:
        """Keep a new session and give its id."""
        ...

    async def user(self, session_id: str) -> User | None:
        """The user of a live session; using a session prolongs it."""
        ...

    async def replace(self, session_id: str, user: User) -> None:
        """Another user object for a live session: its user was renamed, or works in another workspace."""
        ...

    async def close(self, session_id: str) -> None: ...

    async def close_all_of(self, user_id: str) -> int:
        """End every session of a user (its password was changed); gives how many there were."""
        ...


def new_session_id() -> str:
    return secrets.token_urlsafe(24)


def signed(session_id: str, secret: str) -> str:
    """The cookie's value: `s:<id>.<HMAC-SHA256 in base64 without =>`, percent-encoded."""
    return quote(f"s:{session_id}.{_signature(session_id, secret)}", safe="")


def session_id_of(cookie: str, secret: str) -> str | None:
    """The session id of a cookie's value; None when the signature is not ours."""
    text = unquote(cookie)
    session_id, dot, signature = text.removeprefix("s:").rpartition(".")
    if not text.startswith("s:") or not dot or not session_id:
        return None
    return session_id if hmac.compare_digest(signature.encode(), _signature(session_id, secret).encode()) else None


def _signature(session_id: str, secret: str) -> str:
    digest = hmac.digest(secret.encode(), session_id.encode(), "sha256")
    return base64.b64encode(digest).decode().rstrip("=")


class LocalSessions:
    """Sessions of one process; a restart ends them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: OrderedDict[str, tuple[float, User]] = OrderedDict()
        """Session id → end of its life, its user; the one used last stands last."""

    async def open(self, user: User) -> str:
        session_id = new_session_id()
        self._sessions[session_id] = (self._clock() + LIFETIME_SECONDS, user)
        while len(self._sessions) > MAX_LOCAL_SESSIONS:
            self._sessions.popitem(last=False)
        return session_id

    async def user(self, session_id: str) -> User | None:
        kept = self._sessions.get(session_id)
        if kept is None or kept[0] <= self._clock():
            self._sessions.pop(session_id, None)
            return None
        self._sessions[session_id] = (self._clock() + LIFETIME_SECONDS, kept[1])
        self._sessions.move_to_end(session_id)
        return kept[1]

    async def replace(self, session_id: str, user: User) -> None:
        if session_id in self._sessions:
            self._sessions[session_id] = (self._clock() + LIFETIME_SECONDS, user)

    async def close(self, session_id: str) -> None:
        self._sessions.pop(session_id, None)

    async def close_all_of(self, user_id: str) -> int:
        ids = [session_id for session_id, (_, user) in self._sessions.items() if user.get("id") == user_id]
        for session_id in ids:
            del self._sessions[session_id]
        return len(ids)


class RedisSessions:
    """Sessions that all main processes share (MODE=queue): `<prefix>:sess:<id>`, and a set of ids for each user."""

    def __init__(self, redis: Redis, *, prefix: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._prefix = prefix
        self._clock = clock
        self._touched: OrderedDict[str, float] = OrderedDict()

    async def open(self, user: User) -> str:
        session_id, value = new_session_id(), _stored(user)
        try:
            async with self._redis.pipeline(transaction=True) as batch:
                batch.set(self._key(session_id), value, ex=LIFETIME_SECONDS)
                batch.sadd(self._set_of(str(user.get("id"))), session_id)
                batch.expire(self._set_of(str(user.get("id"))), LIFETIME_SECONDS * 30)
                await batch.execute()
        except RedisError as error:
            raise _unavailable(error) from error
        return session_id

    async def user(self, session_id: str) -> User | None:
        try:
            if self._is_fresh(session_id):
                value = await self._redis.get(self._key(session_id))
            else:
                value = await self._redis.getex(self._key(session_id), ex=LIFETIME_SECONDS)
        except RedisError as error:
            raise _unavailable(error) from error
        user = (orjson.loads(value).get("passport") or {}).get("user") if value else None
        return user if isinstance(user, dict) else None

    async def replace(self, session_id: str, user: User) -> None:
        try:
            await self._redis.set(self._key(session_id), _stored(user), ex=LIFETIME_SECONDS, xx=True)
        except RedisError as error:
            raise _unavailable(error) from error

    async def close(self, session_id: str) -> None:
        try:
            await self._redis.delete(self._key(session_id))
        except RedisError as error:
            raise _unavailable(error) from error

    async def close_all_of(self, user_id: str) -> int:
        try:
            ids: set[Any] = await self._redis.smembers(self._set_of(user_id))  # type: ignore[misc]
            keys = [self._key(item.decode() if isinstance(item, bytes) else item) for item in ids]
            return int(await self._redis.delete(self._set_of(user_id), *keys)) - 1 if keys else 0
        except RedisError as error:
            raise _unavailable(error) from error

    def _is_fresh(self, session_id: str) -> bool:
        """Whether the life of this session was written anew a short while ago."""
        now = self._clock()
        if now - self._touched.get(session_id, -TOUCH_SECONDS) < TOUCH_SECONDS:
            return True
        self._touched[session_id] = now
        self._touched.move_to_end(session_id)
        while len(self._touched) > MAX_LOCAL_SESSIONS:
            self._touched.popitem(last=False)
        return False

    def _key(self, session_id: str) -> str:
        return f"{self._prefix}:sess:{session_id}"

    def _set_of(self, user_id: str) -> str:
        return f"{self._prefix}:sess-of:{user_id}"


def _stored(user: User) -> bytes:
    return to_json({"cookie": COOKIE, "passport": {"user": dict(user)}})


def _unavailable(error: RedisError) -> RedisUnavailable:
    return RedisUnavailable(f"Redis, where sessions are kept, does not answer ({error}); check that it is running and try again")
