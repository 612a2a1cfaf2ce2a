"""Sessions in the database (MODE=main): they outlive a restart, and a Flowise on the same database knows them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from flowisectl.database.connection import Database
from flowisectl.database.login_session import LoginSessions, user_of
from flowisectl.web.access.sessions import COOKIE, LIFETIME_SECONDS, MAX_LOCAL_SESSIONS, TOUCH_SECONDS, User, new_session_id


class DatabaseSessions:
    """`web.access.sessions.Sessions` over the table `login_sessions`. Raises DatabaseUnavailable."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._rows = LoginSessions(database)
        self._clock = clock
        self._touched: OrderedDict[str, float] = OrderedDict()
        self._has_table = False

    async def open(self, user: User) -> str:
        await self._ready()
        session_id, now = new_session_id(), self._clock()
        await self._rows.insert(session_id, {"cookie": COOKIE, "passport": {"user": dict(user)}}, now + LIFETIME_SECONDS, now)
        self._touch(session_id, now)
        return session_id

    async def user(self, session_id: str) -> User | None:
        await self._ready()
        now = self._clock()
        user = user_of(await self._rows.read(session_id, now))
        if user and now - self._touched.get(session_id, 0.0) >= TOUCH_SECONDS:
            await self._rows.prolong(session_id, now + LIFETIME_SECONDS)
            self._touch(session_id, now)
        return user or None

    async def replace(self, session_id: str, user: User) -> None:
        await self._ready()
        await self._rows.rewrite(session_id, {"cookie": COOKIE, "passport": {"user": dict(user)}}, self._clock() + LIFETIME_SECONDS)

    async def close(self, session_id: str) -> None:
        await self._ready()
        await self._rows.delete(session_id)

    async def close_all_of(self, user_id: str) -> int:
        await self._ready()
        return await self._rows.delete(*await self._rows.ids_of_user(user_id))

    async def _ready(self) -> None:
        if not self._has_table:
            await self._rows.make_table()
            self._has_table = True

    def _touch(self, session_id: str, now: float) -> None:
        self._touched[session_id] = now
        self._touched.move_to_end(session_id)
        while len(self._touched) > MAX_LOCAL_SESSIONS:
            self._touched.popitem(last=False)
