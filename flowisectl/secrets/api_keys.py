"""API keys: make, hash, check. Format of the stored secret: hex(scrypt(key, salt)) + `.` + salt, the salt used as its hex text."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from flowisectl.database.api_key import api_key_by_text
from flowisectl.database.connection import Database
from flowisectl.errors import InvalidApiKey

LONGEST_KEY = 1024
LIFETIME_SECONDS = 60.0
LARGEST = 10_000


@dataclass(frozen=True, kw_only=True)
class NewApiKey:
    key: str
    """Base64url of 32 random bytes: 43 characters."""
    secret: str

    def __repr__(self) -> str:
        return "NewApiKey(…)"


def make_api_key() -> NewApiKey:
    """A new key and its stored secret. Takes about 0.1 s of CPU, so call it in a thread."""
    key = base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode("ascii")
    return NewApiKey(key=key, secret=hash_api_key(key))


def hash_api_key(key: str, salt: str | None = None) -> str:
    """The stored secret of a key: scrypt with N=16384, r=8, p=1, 64 bytes. The salt is 16 hex characters."""
    salt = os.urandom(8).hex() if salt is None else salt
    digest = hashlib.scrypt(key.encode(), salt=salt.encode(), n=16384, r=8, p=1, dklen=64)
    return f"{digest.hex()}.{salt}"


def matches(key: str, secret: str) -> bool:
    """Whether a stored secret is this key's, in constant time."""
    _, _, salt = secret.partition(".")
    return bool(salt) and hmac.compare_digest(hash_api_key(key, salt).encode(), secret.encode())


def bearer_key(header: str | None) -> str:
    """The key in an `Authorization` header: what follows the last `Bearer `, or the whole text."""
    return (header or "").rpartition("Bearer ")[2].strip()


class ApiKeyChecker:
    """Checks keys of requests. A key that was found good is remembered for a short time by a keyed digest, never by its text.

    The row is read from the database on the first check and after the lifetime, so a key that another process deleted works
    at most that long, less when that process tells (events/changes.py); `forget_all` ends it at once.
    """

    def __init__(
        self, database: Database, *, lifetime_seconds: float = LIFETIME_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._lifetime = lifetime_seconds
        self._clock = clock
        self._announce: Callable[[], None] = lambda: None
        self._pepper = os.urandom(32)
        self._good: OrderedDict[bytes, tuple[float, Mapping[str, Any]]] = OrderedDict()
        # One thread: a flood of wrong keys queues up here instead of taking every core and 16 MiB for each check.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="api-key-check")

    async def check(self, key: str) -> Mapping[str, Any]:
        """The key's row of table `apikey`. Raises InvalidApiKey, DatabaseUnavailable."""
        if not key or len(key) > LONGEST_KEY or not key.isprintable():
            raise InvalidApiKey()
        digest = hashlib.blake2b(key.encode(), key=self._pepper, digest_size=32).digest()
        known = self._good.get(digest)
        if known is not None and known[0] > self._clock():
            return known[1]
        row = await api_key_by_text(self._database, key)
        if row is None or not await asyncio.get_running_loop().run_in_executor(self._thread, matches, key, row["apiSecret"]):
            self._good.pop(digest, None)
            raise InvalidApiKey()
        self._good[digest] = (self._clock() + self._lifetime, row)
        self._good.move_to_end(digest)
        while len(self._good) > LARGEST:
            self._good.popitem(last=False)
        return row

    def forget_all(self) -> None:
        """Check every key anew; to be called when keys were changed or deleted. Other processes are told."""
        self._good.clear()
        self._announce()

    def announce_with(self, announce: Callable[[], None]) -> None:
        self._announce = announce

    def drop_all(self) -> None:
        """Check every key anew: another process changed one."""
        self._good.clear()

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
