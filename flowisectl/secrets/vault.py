"""CredentialVault: credential id → decrypted fields, as engine.context.Credentials asks for them."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from flowisectl.database.connection import Database
from flowisectl.database.credential import encrypted_data
from flowisectl.secrets.cipher import CannotDecrypt, decrypt, encrypt

LIFETIME_SECONDS = 30.0
LARGEST = 1000
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class CredentialVault:
    """Keeps decrypted fields for a short time; `forget` drops one at once. Its repr shows no secret."""

    def __init__(
        self, database: Database, key: str, *, lifetime_seconds: float = LIFETIME_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._key = key
        self._lifetime = lifetime_seconds
        self._clock = clock
        self._announce: Callable[[], None] = lambda: None
        self._kept: OrderedDict[str, tuple[float, Mapping[str, Any]]] = OrderedDict()
        self._loading: dict[str, asyncio.Task[Mapping[str, Any]]] = {}

    async def fields(self, credential_id: str) -> Mapping[str, Any]:
        """The decrypted fields, read-only; empty for an empty or unknown id, and for a value that this key does not open.

        Raises DatabaseUnavailable.
        """
        if not credential_id:
            return _NOTHING
        kept = self._kept.get(credential_id)
        if kept is not None and kept[0] > self._clock():
            return kept[1]
        loading = self._loading.get(credential_id)
        if loading is None:
            # Many runs may ask for one credential at once: it is read and decrypted once.
            loading = self._loading[credential_id] = asyncio.create_task(self._load(credential_id))
        return await asyncio.shield(loading)

    def forget(self, credential_id: str) -> None:
        """Read this credential anew next time; to be called when it was changed or deleted. Other processes are told."""
        self._kept.pop(credential_id, None)
        self._loading.pop(credential_id, None)
        self._announce()

    def announce_with(self, announce: Callable[[], None]) -> None:
        self._announce = announce

    def drop_all(self) -> None:
        """Read every credential anew: another process changed one."""
        self._kept.clear()
        self._loading.clear()

    def open(self, encrypted: str) -> dict[str, Any]:
        """The fields in a stored value; empty when this key does not open it."""
        try:
            data = orjson.loads(decrypt(encrypted, self._key))
        except (CannotDecrypt, orjson.JSONDecodeError):
            return {}
        return data if isinstance(data, dict) else {}

    def seal(self, fields: Mapping[str, Any]) -> str:
        """Fields as they are stored: compact JSON, encrypted."""
        return encrypt(orjson.dumps(dict(fields)).decode(), self._key)

    async def _load(self, credential_id: str) -> Mapping[str, Any]:
        task = asyncio.current_task()
        try:
            encrypted = await encrypted_data(self._database, credential_id)
            found = MappingProxyType(self.open(encrypted)) if encrypted else _NOTHING
            # After `forget` this task is no longer the one that is waited for, and what it read may be old.
            if found and self._loading.get(credential_id) is task:
                self._keep(credential_id, found)
            return found
        finally:
            if self._loading.get(credential_id) is task:
                del self._loading[credential_id]

    def _keep(self, credential_id: str, found: Mapping[str, Any]) -> None:
        self._kept[credential_id] = (self._clock() + self._lifetime, found)
        self._kept.move_to_end(credential_id)
        while len(self._kept) > LARGEST:
            self._kept.popitem(last=False)
