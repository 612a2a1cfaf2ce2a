"""Stored files in an object store (S3, Google Cloud Storage, Azure): keys `<organization>/<flow>/<chat>/<name>`, as they are locally."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotSupportedError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from flowisectl.errors import InvalidSetting, NotFound, StorageUnavailable
from flowisectl.storage.blob_store import MARKER, OpenFile, Usage, check_size, safe_name, safe_part
from flowisectl.storage.refusal import refusal_of

if TYPE_CHECKING:
    from obstore import GetResult
    from obstore.store import ObjectStore

CHUNK_BYTES = 1024 * 1024
_REFUSED = (PermissionDeniedError, UnauthenticatedError)


class ObjectBlobs:
    """The files of one organization. `kind` is what the service calls a bucket, `setting` the variable that names it, both for errors."""

    def __init__(
        self, store: ObjectStore, bucket: str, *, kind: str, setting: str, organization_id: str = "", check_paths: bool = True
    ) -> None:
        self._store = store
        self._bucket = bucket
        self._kind = kind
        self._setting = setting
        self._organization = organization_id
        self._check = check_paths
        self.place = f"{kind} {bucket}"

    def of_organization(self, organization_id: str) -> ObjectBlobs:
        """The same bucket seen by another organization."""
        if organization_id == self._organization:
            return self
        return ObjectBlobs(
            self._store,
            self._bucket,
            kind=self._kind,
            setting=self._setting,
            organization_id=organization_id,
            check_paths=self._check,
        )

    async def read(self, flow_id: str, chat_id: str, name: str) -> bytes:
        with self._failures():
            found = await self._get(self._key(flow_id, chat_id, name), name)
            check_size(found.meta["size"], name)
            return bytes(await found.bytes_async())

    async def open(self, flow_id: str, chat_id: str, name: str) -> OpenFile:
        with self._failures():
            found = await self._get(self._key(flow_id, chat_id, name), name)
        return OpenFile(size=found.meta["size"], chunks=self._chunks(found))

    async def write(self, flow_id: str, chat_id: str, name: str, data: bytes, media_type: str) -> str:
        """Kept with its media type. Without a content encoding: the body is the file, whatever others say of theirs."""
        cleaned = safe_name(name, check=self._check)
        with self._failures():
            attributes = {"Content-Type": media_type} if _is_header(media_type) else {}
            try:
                await obstore.put_async(self._store, self._key(flow_id, chat_id, name), data, attributes=attributes)
            except FileNotFoundError as error:  # the bucket itself is gone
                raise self._unavailable(error) from error
        return cleaned

    async def delete(self, flow_id: str, chat_id: str, name: str) -> bool:
        key, is_found = self._key(flow_id, chat_id, name), False
        with self._failures():
            for place in (key, self._older(key)):
                if not place:
                    continue
                with suppress(FileNotFoundError):
                    # Deleting what is not there is no error to some services.
                    await obstore.head_async(self._store, place)
                    await obstore.delete_async(self._store, place)
                    is_found = True
        return is_found

    async def delete_chat(self, flow_id: str, chat_id: str) -> None:
        await self._delete_folder((flow_id, chat_id))

    async def delete_flow(self, flow_id: str) -> None:
        await self._delete_folder((flow_id,))

    async def usage(self, flow_id: str = "") -> Usage:
        files = size = 0
        with self._failures():
            async for entries in obstore.list(self._store, self._folder((flow_id,) if flow_id else ()) or None, chunk_size=1000):
                files += len(entries)
                size += sum(entry["size"] for entry in entries)
        return Usage(files=files, size=size)

    async def identity(self) -> str:
        """Raises InvalidSetting for a bucket that is not there or may not be written, StorageUnavailable."""
        try:
            return await self._identity()
        except FileNotFoundError as error:
            allowed = f"there is no such {self._kind} ({refusal_of(error)}): create it, or name another"
            raise InvalidSetting(self._setting, self._bucket, allowed) from error
        except _REFUSED as error:
            allowed = (
                f"the {self._kind} refuses ({refusal_of(error)}): check the credentials, and their rights to read, write, list and delete"
            )
            raise InvalidSetting(self._setting, self._bucket, allowed) from error
        except (BaseError, OSError) as error:
            raise self._unavailable(error) from error

    async def _identity(self) -> str:
        with suppress(FileNotFoundError):
            return await self._text(MARKER)
        data = secrets.token_hex(16).encode()
        try:
            # Of processes that start together one wins.
            await obstore.put_async(self._store, MARKER, data, mode="create", use_multipart=False)
        except (AlreadyExistsError, PreconditionError):
            pass
        except NotSupportedError:
            await obstore.put_async(self._store, MARKER, data, use_multipart=False)
        return await self._text(MARKER)

    async def _text(self, key: str) -> str:
        return bytes(await (await obstore.get_async(self._store, key)).bytes_async()).decode("ascii", "replace")

    async def _get(self, key: str, name: str) -> GetResult:
        with suppress(FileNotFoundError):
            return await obstore.get_async(self._store, key)
        try:
            if older := self._older(key):
                # As it lay before there were organizations: moved, as others who share the bucket do. Whoever finds it moved
                # already finds it at its new place.
                with suppress(FileNotFoundError):
                    await obstore.copy_async(self._store, older, key)
                    await obstore.delete_async(self._store, older)
                return await obstore.get_async(self._store, key)
        except FileNotFoundError:
            pass
        raise NotFound(f"File {name} not found")

    async def _chunks(self, found: GetResult) -> AsyncIterator[bytes]:
        with self._failures():
            async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
                yield bytes(chunk)

    async def _delete_folder(self, ids: Sequence[str]) -> None:
        folder = self._folder(ids)
        with self._failures():
            for place in (folder, self._older(folder)):
                if not place:
                    continue
                # By whole folder names: `chat1` is no prefix of `chat10` here.
                async for entries in obstore.list(self._store, place, chunk_size=1000):
                    with suppress(FileNotFoundError):
                        await obstore.delete_async(self._store, [entry["path"] for entry in entries])

    def _key(self, flow_id: str, chat_id: str, name: str) -> str:
        return f"{self._folder((flow_id, chat_id) if chat_id else (flow_id,))}/{safe_name(name, check=self._check)}"

    def _folder(self, ids: Sequence[str]) -> str:
        parts = [self._organization, *ids] if self._organization else ids
        return "/".join(safe_part(part, check=self._check) for part in parts)

    def _older(self, key: str) -> str:
        """Where the same lay before there were organizations; empty when it is the same place."""
        return key.partition("/")[2] if self._organization else ""

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> StorageUnavailable:
        return StorageUnavailable(
            f"the {self.place}, where files are stored, cannot be used ({refusal_of(error)}): "
            "try again, or ask the operator to run `flowisectl doctor`"
        )


def _is_header(media_type: str) -> bool:
    return bool(media_type) and media_type.isascii() and media_type.isprintable()
