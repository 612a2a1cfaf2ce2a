"""The inputs of the node googleDriveTool: which of its actions it offers, and arguments that it fixes for them.

An argument of several kinds of actions is an input for each of these kinds.
"""

from __future__ import annotations

from functools import partial

from flowisectl.nodes.tools._account_params import action_choice, fixed_argument, kind_choice, options_of

_file = partial(fixed_argument, "fileActions")
_folder = partial(fixed_argument, "folderActions")
_search = partial(fixed_argument, "searchActions")
_share = partial(fixed_argument, "shareActions")

_FILES = {
    "listFiles": "List Files",
    "getFile": "Get File",
    "createFile": "Create File",
    "updateFile": "Update File",
    "deleteFile": "Delete File",
    "copyFile": "Copy File",
    "downloadFile": "Download File",
}
_FOLDERS = {"createFolder": "Create Folder", "listFolderContents": "List Folder Contents", "deleteFolder": "Delete Folder"}
_SEARCHES = {"searchFiles": "Search Files"}
_SHARES = {"shareFile": "Share File", "getPermissions": "Get Permissions", "removePermission": "Remove Permission"}
_ORDERS = options_of(
    {"name": "Name", "createdTime": "Created Time", "modifiedTime": "Modified Time", "quotaBytesUsed": "Size", "folder": "Folder"}
)

PARAMS = (
    kind_choice("driveType", {"file": "File", "folder": "Folder", "search": "Search", "share": "Share"}),
    action_choice("fileActions", "File Actions", _FILES, driveType="file"),
    action_choice("folderActions", "Folder Actions", _FOLDERS, driveType="folder"),
    action_choice("searchActions", "Search Actions", _SEARCHES, driveType="search"),
    action_choice("shareActions", "Share Actions", _SHARES, driveType="share"),
    _file("fileId", "File ID", "getFile", "updateFile", "deleteFile", "copyFile", "downloadFile"),
    _share("fileId", "File ID", *_SHARES),
    _folder("folderId", "Folder ID", "listFolderContents", "deleteFolder"),
    _share("permissionId", "Permission ID", "removePermission"),
    _file("fileName", "File Name", "createFile", "copyFile"),
    _folder("fileName", "Folder Name", "createFolder"),
    _file("fileContent", "File Content", "createFile"),
    _file("mimeType", "MIME Type", "createFile"),
    _file("parentFolderId", "Parent Folder ID", "createFile", "copyFile"),
    _folder("parentFolderId", "Parent Folder ID", "createFolder"),
    _file("description", "File Description", "createFile", "updateFile"),
    _folder("description", "Folder Description", "createFolder"),
    _search("searchQuery", "Search Query", "searchFiles"),
    _file("maxResults", "Max Results", "listFiles", type="number", default=10),
    _search("maxResults", "Max Results", "searchFiles", type="number", default=10),
    _file("orderBy", "Order By", "listFiles", type="options", options=_ORDERS),
    _search("orderBy", "Order By", "searchFiles", type="options", options=_ORDERS),
    _share(
        "shareRole",
        "Share Role",
        "shareFile",
        type="options",
        options=options_of({"reader": "Reader", "writer": "Writer", "commenter": "Commenter", "owner": "Owner"}),
    ),
    _share(
        "shareType",
        "Share Type",
        "shareFile",
        type="options",
        options=options_of({"user": "User", "group": "Group", "domain": "Domain", "anyone": "Anyone"}),
    ),
    _share("emailAddress", "Email Address", "shareFile"),
    _share("domainName", "Domain Name", "shareFile"),
    _share("sendNotificationEmail", "Send Notification Email", "shareFile", type="boolean", default=True),
    _share("emailMessage", "Email Message", "shareFile"),
    _file("includeItemsFromAllDrives", "Include Items From All Drives", "listFiles", type="boolean"),
    _search("includeItemsFromAllDrives", "Include Items From All Drives", "searchFiles", type="boolean"),
    _file("supportsAllDrives", "Supports All Drives", *_FILES, type="boolean"),
    _folder("supportsAllDrives", "Supports All Drives", *_FOLDERS, type="boolean"),
    _search("supportsAllDrives", "Supports All Drives", *_SEARCHES, type="boolean"),
    _share("supportsAllDrives", "Supports All Drives", *_SHARES, type="boolean"),
    _file("fields", "Fields", "listFiles", "getFile"),
    _file("acknowledgeAbuse", "Acknowledge Abuse", "getFile", "downloadFile", type="boolean"),
)
