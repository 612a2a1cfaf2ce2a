"""Reading files over Google Drive's REST API (https://developers.google.com/workspace/drive/api/reference/rest/v3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from flowisectl.clients.rest import RestService
from flowisectl.interfaces.file import NamedFile
from flowisectl.interfaces.http import HttpClient

URL = "https://www.googleapis.com/drive/v3"
FOLDER = "application/vnd.google-apps.folder"
FIELDS = "id,name,mimeType,size,createdTime,modifiedTime,webViewLink,parents"
PAGE = 100
MAX_PAGES = 100
"""Of one folder; what is behind them is left out."""
MAX_FOLDERS = 1000
SECONDS = 120.0
EXPORTS = {
    "application/vnd.google-apps.document": ("text/plain", "txt"),
    "application/vnd.google-apps.spreadsheet": ("text/csv", "csv"),
    "application/vnd.google-apps.presentation": ("text/plain", "txt"),
}
"""Google's own kinds of files → how they are exported."""


class GoogleDrive:
    def __init__(self, http: HttpClient, token: str) -> None:
        headers = {"authorization": f"Bearer {token}"}
        self._service = RestService(
            http, provider="googledrive", base_url=URL, headers=headers, secrets=(token,), timeout_seconds=SECONDS, retries=2
        )

    async def about(self, file_id: str, *, shared: bool) -> Mapping[str, Any]:
        """A file's name, kind and times. Raises ProviderError."""
        query = {"fields": FIELDS, "supportsAllDrives": str(shared).lower()}
        answer = await self._service.json("GET", f"/files/{quote(file_id, safe='')}", query=query)
        return answer if isinstance(answer, Mapping) else {}

    async def latest(self, kinds: Sequence[str], *, most: int) -> list[Mapping[str, Any]]:
        """The user's files of these kinds, the last changed first. Raises ProviderError."""
        wanted = " or ".join(f"mimeType = '{kind}'" for kind in kinds)
        query = {"q": f"({wanted}) and trashed = false", "fields": f"files({FIELDS})", "pageSize": most, "orderBy": "modifiedTime desc"}
        answer = await self._service.json("GET", "/files", query=query) or {}
        return [entry for entry in answer.get("files") or [] if isinstance(entry, Mapping)]

    async def folder(self, folder_id: str, kinds: Sequence[str], *, inside: bool, shared: bool, most: int) -> list[Mapping[str, Any]]:
        """The files of a folder, of these kinds, and of folders in it when `inside`. Raises ProviderError."""
        found: list[Mapping[str, Any]] = []
        folders, seen = [folder_id], {folder_id}
        while folders and len(found) < most and len(seen) <= MAX_FOLDERS:
            for entry in await self._children(folders.pop(0), shared=shared):
                kind, id = str(entry.get("mimeType")), str(entry.get("id"))
                if kind == FOLDER and inside and id not in seen:
                    seen.add(id)
                    folders.append(id)
                elif kind != FOLDER and (not kinds or kind in kinds):
                    found.append(entry)
        return found[:most]

    async def read(self, entry: Mapping[str, Any], *, shared: bool) -> NamedFile:
        """A file's content, Google's own kinds as text. Raises ProviderError."""
        path, name, kind = f"/files/{quote(str(entry.get('id')), safe='')}", str(entry.get("name")), str(entry.get("mimeType"))
        if kind in EXPORTS:
            media_type, ending = EXPORTS[kind]
            response = await self._service.call("GET", f"{path}/export", query={"mimeType": media_type})
            return NamedFile(name=f"{name}.{ending}", data=response.body, media_type=media_type)
        query = {"alt": "media", "supportsAllDrives": str(shared).lower()}
        response = await self._service.call("GET", path, query=query)
        return NamedFile(name=name, data=response.body, media_type=kind)

    async def _children(self, folder_id: str, *, shared: bool) -> list[Mapping[str, Any]]:
        escaped = folder_id.replace("\\", "\\\\").replace("'", "\\'")
        query = {
            "q": f"'{escaped}' in parents and trashed = false",
            "fields": f"nextPageToken,files({FIELDS})",
            "pageSize": PAGE,
            "orderBy": "name",
            **({"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"} if shared else {}),
        }
        found: list[Mapping[str, Any]] = []
        token: Any = None
        for _ in range(MAX_PAGES):
            answer = await self._service.json("GET", "/files", query={**query, **({"pageToken": token} if token else {})}) or {}
            found += [entry for entry in answer.get("files") or [] if isinstance(entry, Mapping)]
            token = answer.get("nextPageToken")
            if not token:
                break
        return found
