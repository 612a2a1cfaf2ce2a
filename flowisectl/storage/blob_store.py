"""Stored files of flows and chats: the protocol, and how names are made safe."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote

from flowisectl.errors import InvalidRequest

LONGEST_NAME_BYTES = 255
LONGEST_ENDING_BYTES = 16
LARGEST_READ_BYTES = 500_000_000
"""Of one file that is read as a whole: more would fill the memory of whoever asks."""
MARKER = ".flowisectl-storage"
"""A file in the root whose text is the storage's identity: processes that read the same text see the same files."""

_ILLEGAL = re.compile(r'[/?<>\\:*|"\x00-\x1f\x80-\x9f]')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$", re.IGNORECASE)
_TRAVERSAL_IN_ID = re.compile(r"\.\.|%2e|%2f|%5c|%00|\x00|^[a-z]:|^\\\\|^/", re.IGNORECASE)
_TRAVERSAL_IN_NAME = re.compile(r"\.\.|%2e%2e|%2f|%5c|[\x00-\x1f]|^/.|^[a-z]:\\|^\\\\", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class OpenFile:
    """A stored file that is read piece by piece."""

    size: int
    """Bytes."""
    chunks: AsyncIterator[bytes] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Usage:
    files: int
    size: int
    """Bytes, all files together."""


class BlobStore(Protocol):
    """The files of one organization, by flow and chat. Answers engine.context.Blobs.

    Every method raises InvalidRequest for an id or a name that could lead elsewhere, and StorageUnavailable.
    """

    async def read(self, flow_id: str, chat_id: str, name: str) -> bytes:
        """A stored file of a chat (of the flow when the chat id is empty).

        Raises NotFound, and InvalidRequest for one of more than LARGEST_READ_BYTES.
        """
        ...

    async def open(self, flow_id: str, chat_id: str, name: str) -> OpenFile:
        """The same file, of whatever size, to be passed on. Raises NotFound."""
        ...

    async def write(self, flow_id: str, chat_id: str, name: str, data: bytes, media_type: str) -> str:
        """Store a file and give its name as it was made safe. A file of the same name is replaced."""
        ...

    async def delete(self, flow_id: str, chat_id: str, name: str) -> bool:
        """Delete one file; tells whether there was one."""
        ...

    async def delete_chat(self, flow_id: str, chat_id: str) -> None:
        """Delete every file of a chat."""
        ...

    async def delete_flow(self, flow_id: str) -> None:
        """Delete every file of a flow and of its chats."""
        ...

    async def usage(self, flow_id: str = "") -> Usage:
        """How much is stored for the organization, or for one flow of it. It looks at every file."""
        ...


class Storage(Protocol):
    """The stored files of every organization."""

    place: str
    """Where they are, for people."""

    def of_organization(self, organization_id: str) -> BlobStore: ...

    async def identity(self) -> str:
        """Text that is equal for processes that see the same files. It is written when it is asked for first.

        Raises InvalidSetting for a storage that is not there or may not be written, StorageUnavailable.
        """
        ...


def check_size(size: int, name: str) -> None:
    """Raises InvalidRequest for a file that is too large to be read as a whole."""
    if size > LARGEST_READ_BYTES:
        raise InvalidRequest(f"file {name[:80]!r} has {size} bytes; at most {LARGEST_READ_BYTES} are read at once: split it")


def safe_name(name: str, *, check: bool = True) -> str:
    """A file name without characters that file systems refuse, without leading dots, at most 255 bytes with its ending.

    With `check` (PATH_TRAVERSAL_SAFETY) a name that tries to leave its folder raises InvalidRequest. Nothing that is left of a
    name can leave its folder in either case; a name of which nothing is left raises InvalidRequest.
    """
    if check and (not name or _TRAVERSAL_IN_NAME.search(name) or ".." in unquote(name)):
        raise InvalidRequest("Invalid path characters detected in filename")
    cleaned = _ILLEGAL.sub("", name).lstrip(".").rstrip(". ")
    if _RESERVED.match(cleaned):
        cleaned = ""
    cleaned = _shortened(cleaned)
    if not cleaned:
        raise InvalidRequest(f"Invalid filename: nothing usable is left of {name[:80]!r}")
    return cleaned


def _shortened(name: str) -> str:
    """At most LONGEST_NAME_BYTES, with the ending: `a…a.exe.txt` must not become `a…a.exe`, which nobody would have let in."""
    data = name.encode("utf8", "ignore")
    if len(data) <= LONGEST_NAME_BYTES:
        return data.decode()
    _, dot, ending = data.rpartition(b".")
    kept = dot + ending if len(ending) <= LONGEST_ENDING_BYTES else b""
    return data[: LONGEST_NAME_BYTES - len(kept)].decode("utf8", "ignore").rstrip(". ") + kept.decode()


def safe_part(part: str, *, check: bool = True) -> str:
    """An id as one folder of a path; raises InvalidRequest for one that tries to lead elsewhere."""
    if check and (not part or _TRAVERSAL_IN_ID.search(part)):
        raise InvalidRequest("Invalid path characters detected in id")
    return safe_name(part, check=False)
