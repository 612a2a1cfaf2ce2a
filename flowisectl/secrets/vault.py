"""CredentialVault: credential id → decrypted fields, as engine.context.Credentials asks for them."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import orjson

from flowisectl.database.connection import Database
from flowisectl.database.credential import encrypted_credential, is_lent_to
from flowisectl.secrets.aws_secrets import CREDENTIAL_PREFIX
from flowisectl.secrets.cipher import CannotDecrypt, decrypt, encrypt

LIFETIME_SECONDS = 30.0
LARGEST = 1000
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Opened:
    """A credential, decrypted."""

    fields: Mapping[str, Any] = field(repr=False)
    workspace_id: str


_MISSING = _Opened(_NOTHING, "")


class CredentialVault:
    """Keeps decrypted fields for a short time; `forget` drops one at once. Its repr shows no secret."""

    def __init__(
        self,
        database: Database,
        key: str,
        *,
        named: Callable[[str], Awaitable[str | None]] | None = None,
        lifetime_seconds: float = LIFETIME_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`named` reads a secret that is kept elsewhere, for credentials of which only its name is stored."""
        self._database = database
        self._named = named
        self._key = key
        self._lifetime = lifetime_seconds
        self._clock = clock
        self._announce: Callable[[], None] = lambda: None
        self._kept: OrderedDict[str, tuple[float, _Opened]] = OrderedDict()
        self._loading: dict[str, asyncio.Task[_Opened]] = {}

    async def fields(self, credential_id: str, workspace_id: str = "") -> Mapping[str, Any]:
        """The decrypted fields, read-only; empty for an empty or unknown id, and for a value that this key does not open.

        To a caller of a workspace another one's credential is unknown, unless it is lent to it; rows of old databases that
        belong to none are everybody's. Raises DatabaseUnavailable.
        """
        if not credential_id:
            return _NOTHING
        opened = await self._opened(credential_id)
        owner = opened.workspace_id
        if not workspace_id or not owner or owner == workspace_id or await is_lent_to(self._database, credential_id, workspace_id):
            return opened.fields
        return _NOTHING

    async def _opened(self, credential_id: str) -> _Opened:
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

    async def opened(self, stored: str) -> dict[str, Any]:
        """As `open`, also for a value that names a secret. Raises Unavailable and InvalidSetting when that cannot be read."""
        if self._named is None or not stored.startswith(CREDENTIAL_PREFIX):
            return self.open(stored)
        try:
            data = orjson.loads(await self._named(stored) or "{}")
        except orjson.JSONDecodeError:
            return {}
        return data if isinstance(data, dict) else {}

    def seal(self, fields: Mapping[str, Any]) -> str:
        """Fields as they are stored: compact JSON, encrypted."""
        return encrypt(orjson.dumps(dict(fields)).decode(), self._key)

    async def _load(self, credential_id: str) -> _Opened:
        task = asyncio.current_task()
        try:
            row = await encrypted_credential(self._database, credential_id)
            fields = await self.opened(str(row["encryptedData"])) if row is not None else {}
            found = _Opened(MappingProxyType(fields), str(row["workspaceId"] or "")) if row is not None else _MISSING
            # After `forget` this task is no longer the one that is waited for, and what it read may be old.
            if found.fields and self._loading.get(credential_id) is task:
                self._keep(credential_id, found)
            return found
        finally:
            if self._loading.get(credential_id) is task:
                del self._loading[credential_id]

    def _keep(self, credential_id: str, found: _Opened) -> None:
        self._kept[credential_id] = (self._clock() + self._lifetime, found)
        self._kept.move_to_end(credential_id)
        while len(self._kept) > LARGEST:
            self._kept.popitem(last=False)
