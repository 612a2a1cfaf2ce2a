"""Stored files in a local folder: `<root>/<organization>/<flow>/<chat>/<name>`."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from flowisectl.errors import InvalidRequest, InvalidSetting, NotFound
from flowisectl.storage.blob_store import MARKER, OpenFile, Usage, check_size, safe_name, safe_part

CHUNK_BYTES = 256 * 1024


class LocalBlobs:
    """The files of one organization (of none, in the layout before organizations, when its id is empty)."""

    def __init__(self, root: Path, organization_id: str = "", *, check_paths: bool = True) -> None:
        self._root = root.expanduser()
        self._organization = organization_id
        self._check = check_paths
        self.place = str(self._root)

    def of_organization(self, organization_id: str) -> LocalBlobs:
        """The same folder seen by another organization."""
        return self if organization_id == self._organization else LocalBlobs(self._root, organization_id, check_paths=self._check)

    async def read(self, flow_id: str, chat_id: str, name: str) -> bytes:
        path = self._path(flow_id, chat_id, safe_name(name, check=self._check))
        return await asyncio.to_thread(self._read_now, path, name)

    async def open(self, flow_id: str, chat_id: str, name: str) -> OpenFile:
        path = self._path(flow_id, chat_id, safe_name(name, check=self._check))
        opened = await asyncio.to_thread(self._open_now, path, name)
        return OpenFile(size=os.fstat(opened.fileno()).st_size, chunks=_chunks(opened))

    async def write(self, flow_id: str, chat_id: str, name: str, data: bytes, media_type: str) -> str:
        """The media type is not kept: a local file has none."""
        cleaned = safe_name(name, check=self._check)
        await asyncio.to_thread(self._write_now, self._path(flow_id, chat_id, cleaned), data)
        return cleaned

    async def delete(self, flow_id: str, chat_id: str, name: str) -> bool:
        path = self._path(flow_id, chat_id, safe_name(name, check=self._check))
        return await asyncio.to_thread(self._delete_now, path)

    async def delete_chat(self, flow_id: str, chat_id: str) -> None:
        await self._delete_folder((flow_id, chat_id))

    async def delete_flow(self, flow_id: str) -> None:
        await self._delete_folder((flow_id,))

    async def usage(self, flow_id: str = "") -> Usage:
        """Files that disappear meanwhile do not count."""
        return await asyncio.to_thread(_usage, self._folder((flow_id,) if flow_id else ()))

    async def identity(self) -> str:
        """Raises InvalidSetting for a folder that cannot be written."""
        try:
            return await asyncio.to_thread(self._identity_now)
        except OSError as error:
            allowed = f"a folder that can be written ({error.strerror or error})"
            raise InvalidSetting("BLOB_STORAGE_PATH", str(self._root), allowed) from error

    def _path(self, flow_id: str, chat_id: str, name: str) -> Path:
        return self._folder((flow_id, chat_id) if chat_id else (flow_id,)) / name

    def _folder(self, ids: Sequence[str]) -> Path:
        parts = [self._organization, *ids] if self._organization else ids
        folder = self._root.joinpath(*(safe_part(part, check=self._check) for part in parts))
        return self._inside(folder)

    def _inside(self, path: Path) -> Path:
        """The path, when it lies below the root even after following links."""
        if not path.resolve().is_relative_to(self._root.resolve()):
            raise InvalidRequest("Invalid path characters detected in filename")
        return path

    def _older_place(self, path: Path) -> Path | None:
        """Where the same file lay before there were organizations."""
        if not self._organization:
            return None
        return self._root / path.relative_to(self._root / safe_part(self._organization, check=self._check))

    def _read_now(self, path: Path, name: str) -> bytes:
        with self._open_now(path, name) as opened:
            check_size(os.fstat(opened.fileno()).st_size, name)
            return opened.read()

    def _open_now(self, path: Path, name: str) -> BinaryIO:
        older = self._older_place(path)
        for _ in range(2):  # another reader may move the file between the two looks; then it is found at the second try
            with suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
                return self._inside(path).open("rb")
            if older is not None and self._inside(older).is_file():
                with suppress(FileNotFoundError):
                    opened = older.open("rb")
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with suppress(FileNotFoundError):
                        older.replace(path)
                    self._remove_empty(older.parent)
                    return opened
        raise NotFound(f"File {name} not found")

    def _identity_now(self) -> str:
        marker = self._root / MARKER
        with suppress(FileNotFoundError):
            return marker.read_text()
        self._root.mkdir(parents=True, exist_ok=True)
        draft = self._root / f"{MARKER}-{secrets.token_hex(8)}"
        draft.write_text(secrets.token_hex(16))
        try:
            # Linked into place: of processes that start together one wins, and none sees half a file.
            os.link(draft, marker)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            if not marker.exists():
                draft.replace(marker)
        finally:
            draft.unlink(missing_ok=True)
        return marker.read_text()

    def _write_now(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written aside first: a reader never meets half a file, and a full disk leaves the old one as it was.
        descriptor, draft = tempfile.mkstemp(prefix=".write-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(data)
            os.chmod(draft, 0o644)
            os.replace(draft, path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise

    def _delete_now(self, path: Path) -> bool:
        found = False
        for place in (path, self._older_place(path)):
            if place is not None and self._inside(place).is_file():
                place.unlink(missing_ok=True)
                self._remove_empty(place.parent)
                found = True
        return found

    async def _delete_folder(self, ids: Sequence[str]) -> None:
        folder = self._folder(ids)
        for place in (folder, self._older_place(folder)):
            if place is not None:
                await asyncio.to_thread(shutil.rmtree, self._inside(place), ignore_errors=True)
        await asyncio.to_thread(self._remove_empty, folder.parent)

    def _remove_empty(self, folder: Path) -> None:
        """Remove a folder and those above it as far as they are empty; never the root."""
        while folder != self._root and self._root in folder.parents:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent


async def _chunks(opened: BinaryIO) -> AsyncIterator[bytes]:
    with opened:
        while data := await asyncio.to_thread(opened.read, CHUNK_BYTES):
            yield data


def _usage(folder: Path) -> Usage:
    files = size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += os.stat(os.path.join(place, name), follow_symlinks=False).st_size
                files += 1
    return Usage(files=files, size=size)
