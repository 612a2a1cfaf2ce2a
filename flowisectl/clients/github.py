"""Reading a repository over GitHub's REST API (https://docs.github.com/en/rest/git/trees, …/git/blobs)."""

from __future__ import annotations

import asyncio
import base64
import fnmatch
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from flowisectl.clients.rest import RestService
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpClient

MAX_FILES = 2000
MAX_FILE_BYTES = 1_000_000
"""Larger files are no text that anybody wrote."""
_BINARY = frozenset((
    "png", "jpg", "jpeg", "gif", "bmp", "ico", "webp", "svg", "tif", "tiff", "mp3", "mp4", "wav", "avi", "mov", "mkv", "ogg", "flac",
    "zip", "gz", "tgz", "bz2", "xz", "7z", "rar", "jar", "war", "class", "exe", "dll", "so", "dylib", "bin", "dat", "pdf", "doc",
    "docx", "xls", "xlsx", "ppt", "pptx", "woff", "woff2", "ttf", "otf", "eot", "pyc", "o", "a", "lib", "obj", "db", "sqlite", "wasm",
))  # fmt: skip


class GitHubRepository:
    """`parallel` files are read at once; a request that GitHub is too busy for is sent again, at most `retries` times."""

    def __init__(
        self, http: HttpClient, *, api_url: str, owner: str, name: str, branch: str, token: str = "", parallel: int = 2, retries: int = 2
    ) -> None:
        self.branch = branch
        self._service = RestService(
            http,
            provider="github",
            base_url=f"{api_url}/repos/{quote(owner, safe='')}/{quote(name, safe='')}",
            headers={"accept": "application/vnd.github+json", **({"authorization": f"Bearer {token}"} if token else {})},
            secrets=(token,),
            retries=retries,
        )
        self._gate = asyncio.Semaphore(max(1, min(parallel, 10)))

    async def text_files(self, *, recursive: bool, ignored: Sequence[str] = ()) -> list[tuple[str, str]]:
        """(path, text) of the text files of the branch, by path. `ignored` are patterns as in `.gitignore`. Raises ProviderError."""
        tree = await self._get(f"/git/trees/{quote(self.branch, safe='')}" + ("?recursive=1" if recursive else ""))
        chosen = [
            entry
            for entry in tree.get("tree", [])
            if entry.get("type") == "blob" and _is_text(entry) and not _is_ignored(str(entry["path"]), ignored)
        ]
        if tree.get("truncated") or len(chosen) > MAX_FILES:
            raise ProviderError(f"the repository has more than {MAX_FILES} files to read: ignore some paths", provider="github")
        texts = await asyncio.gather(*(self._text(str(entry["sha"])) for entry in chosen))
        return [(str(entry["path"]), text) for entry, text in zip(chosen, texts, strict=True)]

    async def _text(self, sha: str) -> str:
        async with self._gate:
            blob = await self._get(f"/git/blobs/{quote(sha)}")
        return base64.b64decode(str(blob.get("content") or "")).decode("utf-8", "replace")

    async def _get(self, path: str) -> dict[str, Any]:
        data = await self._service.json("GET", path)
        if not isinstance(data, dict):
            raise self._service.error("github answered with something that is no JSON object")
        return data


def _is_text(entry: dict[str, Any]) -> bool:
    ending = PurePosixPath(str(entry["path"])).suffix.removeprefix(".").lower()
    return ending not in _BINARY and int(entry.get("size") or 0) <= MAX_FILE_BYTES


def _is_ignored(path: str, patterns: Sequence[str]) -> bool:
    """A pattern without a slash inside it matches a file or a folder anywhere."""
    parts = path.split("/")
    folders = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    for pattern in patterns:
        bare = pattern.strip("/").removeprefix("./").removesuffix("/**")
        names = folders if "/" in bare else parts
        if bare and any(fnmatch.fnmatch(name, bare) for name in names):
            return True
    return False
