"""What Google Drive can be asked to do (https://developers.google.com/workspace/drive/api/reference/rest/v3)."""

from __future__ import annotations

from typing import Any

from flowisectl.clients.google_drive import EXPORTS, FOLDER
from flowisectl.clients.rest import RestService
from flowisectl.nodes.tools._rest_actions import Arguments, RestAction, action, filled, query_of

API_URL = "https://www.googleapis.com"
MAX_TEXT = 100_000
_FILES = "/drive/v3/files"
_ONE = f"{_FILES}/{{fileId}}"
_ALL = {"supportsAllDrives": "whether shared drives count:flag"}
_ALSO = {"includeItemsFromAllDrives": "whether to look into shared drives:flag", **_ALL}
_ID = {"fileId": "The id of the file", **_ALL}
_SHOWN = {"fields": "Which of a file's properties to read"}
_ABUSE = {"acknowledgeAbuse": "whether to take files that Google thinks harmful:flag"}
_NEW = {
    "name": "Its name",
    "mimeType": "Its kind, as text/plain",
    "content": "Its text",
    "parents": "The ids of folders to put it in, between commas",
    "description": "What it is",
}
_FOLDER = {"folderId": "The id of the folder", **_ALL}
_PAGE = {"pageToken": "The nextPageToken of the page before", "spaces": "drive or appDataFolder"}
_SEARCH = "What to look for, as: name contains 'plan' and trashed = false"
_LIST = {"pageSize": "how many at most:number", "orderBy": "name, createdTime, modifiedTime, quotaBytesUsed or folder"}
_QUERY = {
    "pageSize": "pageSize", "orderBy": "orderBy", "fields": "fields", "query": "q", "supportsAllDrives": "supportsAllDrives",
    "includeItemsFromAllDrives": "includeItemsFromAllDrives", "acknowledgeAbuse": "acknowledgeAbuse",
    "sendNotificationEmail": "sendNotificationEmail", "emailMessage": "emailMessage", "pageToken": "pageToken", "spaces": "spaces",
}  # fmt: skip


def _about(values: Arguments) -> dict[str, Any]:
    found: dict[str, Any] = {name: str(values[name]) for name in ("name", "mimeType", "description") if values.get(name)}
    parents = [part.strip() for part in str(values.get("parents") or "").split(",") if part.strip()]
    marks = {name: values[name] in (True, "true") for name in ("starred", "trashed") if name in values}
    return {**found, **marks, **({"parents": parents} if parents else {})}


async def _create(service: RestService, values: Arguments) -> Any:
    """The file first, then what is in it."""
    query = query_of(_QUERY, values)
    made = await service.json("POST", _FILES, _about(values), query=query)
    if not values.get("content"):
        return made
    path = filled("/upload/drive/v3/files/{id}", {"id": (made or {}).get("id")})
    kind = str(values.get("mimeType") or "text/plain")
    media_type = "text/plain" if kind.startswith("application/vnd.google-apps") else kind
    return await service.upload("PATCH", path, str(values["content"]).encode(), media_type, query={"uploadType": "media", **query})


async def _download(service: RestService, values: Arguments) -> Any:
    """The file's text; Google's own kinds are exported."""
    shared = query_of({"supportsAllDrives": "supportsAllDrives"}, values)
    about = await service.json("GET", filled(_ONE, values), query={"fields": "id,name,mimeType", **shared}) or {}
    export = EXPORTS.get(str(about.get("mimeType")))
    if export:
        response = await service.call("GET", filled(f"{_ONE}/export", values), query={"mimeType": export[0]})
    else:
        response = await service.call("GET", filled(_ONE, values), query={"alt": "media", **query_of(_QUERY, values)})
    text = response.body.decode("utf-8", "replace")
    cut = {"truncated": True} if len(text) > MAX_TEXT else {}
    return {"id": about.get("id"), "name": about.get("name"), "mimeType": about.get("mimeType"), "content": text[:MAX_TEXT], **cut}


async def _contents(service: RestService, values: Arguments) -> Any:
    escaped = str(values["folderId"]).replace("\\", "\\\\").replace("'", "\\'")
    query = {"q": f"'{escaped}' in parents and trashed = false", **query_of(_QUERY, values)}
    if query.get("supportsAllDrives") == "true":
        query["includeItemsFromAllDrives"] = "true"
    return await service.json("GET", _FILES, query=query)


def _share(values: Arguments) -> dict[str, Any]:
    shown = {"allowFileDiscovery": values["allowFileDiscovery"] in (True, "true")} if "allowFileDiscovery" in values else {}
    return {**{name: str(values[name]) for name in ("role", "type", "emailAddress", "domain") if values.get(name)}, **shown}


def _action(
    key: str, tool: str, description: str, method: str, path: str, arguments: dict[str, str], *required: str, **more: Any
) -> RestAction:
    """What an argument is called in an address is the same for every action."""
    return action(key, tool, description, method, path, arguments, *required, **{"query": _QUERY, **more})


FILES = (
    _action("listFiles", "list_files", "Lists files", "GET", _FILES, {"query": _SEARCH, **_LIST, **_PAGE, **_SHOWN, **_ALSO}),
    _action("getFile", "get_file", "Reads about a file", "GET", _ONE, {**_ID, **_SHOWN, **_ABUSE}, "fileId"),
    _action("createFile", "create_file", "Makes a file", "POST", _FILES, {**_NEW, **_ALL}, "name", act=_create),
    _action("updateFile", "update_file", "Changes a file's name or description", "PATCH", _ONE,
            {**_ID, "name": "The new name", "description": "The new description", "parents": "The ids of further folders to put it in",
             "starred": "whether it is marked with a star:flag", "trashed": "whether it lies in the bin:flag"}, "fileId",
            body=lambda values: {name: value for name, value in _about(values).items() if name != "parents"},
            query={**_QUERY, "parents": "addParents"}),
    _action("deleteFile", "delete_file", "Deletes a file for good", "DELETE", _ONE, _ID, "fileId"),
    _action("copyFile", "copy_file", "Copies a file", "POST", f"{_ONE}/copy",
            {**_ID, "name": "The copy's name", "parents": "The ids of its folders"}, "fileId", body=_about),
    _action("downloadFile", "download_file", "Reads a file's text", "GET", _ONE, {**_ID, **_ABUSE}, "fileId", act=_download),
)  # fmt: skip
FOLDERS = (
    _action("createFolder", "create_folder", "Makes a folder", "POST", _FILES,
            {"name": "Its name", "parents": "The ids of the folders around it", "description": "What it is for", **_ALL},
            "name", body=lambda values: {**_about(values), "mimeType": FOLDER}),
    _action("listFolderContents", "list_folder_contents", "Lists what is in a folder", "GET", _FILES,
            {**_FOLDER, **_LIST, **_ALSO}, "folderId", act=_contents),
    _action("deleteFolder", "delete_folder", "Deletes a folder and what is in it", "DELETE", f"{_FILES}/{{folderId}}", _FOLDER, "folderId"),
)  # fmt: skip
SEARCHES = (
    _action("searchFiles", "search_files", "Searches files", "GET", _FILES,
            {"query": _SEARCH, **_LIST, **_ALSO}, "query"),
)  # fmt: skip
SHARING = (
    _action("shareFile", "share_file", "Lets others use a file", "POST", f"{_ONE}/permissions",
            {**_ID, "role": "reader, writer, commenter or owner", "type": "user, group, domain or anyone",
             "emailAddress": "The address of the user or group", "domain": "The domain",
             "allowFileDiscovery": "whether a search finds it:flag",
             "sendNotificationEmail": "whether they are told:flag", "emailMessage": "What they are told"},
            "fileId", "role", "type", body=_share),
    _action("getPermissions", "get_permissions", "Lists who may use a file", "GET", f"{_ONE}/permissions", _ID, "fileId"),
    _action("removePermission", "remove_permission", "Takes a permission back", "DELETE", f"{_ONE}/permissions/{{permissionId}}",
            {**_ID, "permissionId": "The id of the permission"}, "fileId", "permissionId"),
)  # fmt: skip
