"""Stored files of flows and chats: the protocol, and how names are made safe."""

from __future__ import annotations

import re
from typing import Protocol
from urllib.parse import unquote

from flowisectl.errors import InvalidRequest

LONGEST_NAME_BYTES = 255

_ILLEGAL = re.compile(r'[/?<>\\:*|"\x00-\x1f\x80-\x9f]')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$", re.IGNORECASE)
_TRAVERSAL_IN_ID = re.compile(r"\.\.|%2e|%2f|%5c|%00|\x00|^[a-z]:|^\\\\|^/", re.IGNORECASE)
_TRAVERSAL_IN_NAME = re.compile(r"\.\.|%2e%2e|%2f|%5c|[\x00-\x1f]|^/.|^[a-z]:\\|^\\\\", re.IGNORECASE)


class BlobStore(Protocol):
    """The files of one organization, by flow and chat. Answers engine.context.Blobs.

    Every method raises InvalidRequest for an id or a name that could lead elsewhere.
    """

    async def read(self, flow_id: str, chat_id: str, name: str) -> bytes:
        """A stored file of a chat (of the flow when the chat id is empty). Raises NotFound."""
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


def safe_name(name: str, *, check: bool = True) -> str:
    """A file name without characters that file systems refuse, without leading dots, at most 255 bytes.

    With `check` (PATH_TRAVERSAL_SAFETY) a name that tries to leave its folder raises InvalidRequest. Nothing that is left of a
    name can leave its folder in either case; a name of which nothing is left raises InvalidRequest.
    """
    if check and (not name or _TRAVERSAL_IN_NAME.search(name) or ".." in unquote(name)):
        raise InvalidRequest("Invalid path characters detected in filename")
    cleaned = _ILLEGAL.sub("", name).lstrip(".").rstrip(". ")
    if _RESERVED.match(cleaned):
        cleaned = ""
    cleaned = cleaned.encode("utf8", "ignore")[:LONGEST_NAME_BYTES].decode("utf8", "ignore").rstrip(". ")
    if not cleaned:
        raise InvalidRequest(f"Invalid filename: nothing usable is left of {name[:80]!r}")
    return cleaned


def safe_part(part: str, *, check: bool = True) -> str:
    """An id as one folder of a path; raises InvalidRequest for one that tries to lead elsewhere."""
    if check and (not part or _TRAVERSAL_IN_ID.search(part)):
        raise InvalidRequest("Invalid path characters detected in id")
    return safe_name(part, check=False)
