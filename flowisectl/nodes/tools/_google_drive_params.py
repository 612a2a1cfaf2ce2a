"""The inputs of the node googleDriveTool: which of its actions it offers, and arguments that it fixes for them."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam, Option

PARAMS = (
    NodeParam(
        "driveType",
        "Type",
        "options",
        options=(
            Option("File", "file"),
            Option("Folder", "folder"),
            Option("Search", "search"),
            Option("Share", "share"),
        ),
    ),
    NodeParam(
        "fileActions",
        "File Actions",
        "multiOptions",
        options=(
            Option("List Files", "listFiles"),
            Option("Get File", "getFile"),
            Option("Create File", "createFile"),
            Option("Update File", "updateFile"),
            Option("Delete File", "deleteFile"),
            Option("Copy File", "copyFile"),
            Option("Download File", "downloadFile"),
        ),
        show={"driveType": ["file"]},
    ),
    NodeParam(
        "folderActions",
        "Folder Actions",
        "multiOptions",
        options=(
            Option("Create Folder", "createFolder"),
            Option("List Folder Contents", "listFolderContents"),
            Option("Delete Folder", "deleteFolder"),
        ),
        show={"driveType": ["folder"]},
    ),
    NodeParam(
        "searchActions", "Search Actions", "multiOptions", options=(Option("Search Files", "searchFiles"),), show={"driveType": ["search"]}
    ),
    NodeParam(
        "shareActions",
        "Share Actions",
        "multiOptions",
        options=(
            Option("Share File", "shareFile"),
            Option("Get Permissions", "getPermissions"),
            Option("Remove Permission", "removePermission"),
        ),
        show={"driveType": ["share"]},
    ),
    NodeParam(
        "fileId",
        "File ID",
        "string",
        optional=True,
        additional=True,
        show={"fileActions": ["getFile", "updateFile", "deleteFile", "copyFile", "downloadFile"]},
    ),
    NodeParam(
        "fileId",
        "File ID",
        "string",
        optional=True,
        additional=True,
        show={"shareActions": ["shareFile", "getPermissions", "removePermission"]},
    ),
    NodeParam(
        "folderId", "Folder ID", "string", optional=True, additional=True, show={"folderActions": ["listFolderContents", "deleteFolder"]}
    ),
    NodeParam("permissionId", "Permission ID", "string", optional=True, additional=True, show={"shareActions": ["removePermission"]}),
    NodeParam("fileName", "File Name", "string", optional=True, additional=True, show={"fileActions": ["createFile", "copyFile"]}),
    NodeParam("fileName", "Folder Name", "string", optional=True, additional=True, show={"folderActions": ["createFolder"]}),
    NodeParam("fileContent", "File Content", "string", optional=True, additional=True, show={"fileActions": ["createFile"]}),
    NodeParam("mimeType", "MIME Type", "string", optional=True, additional=True, show={"fileActions": ["createFile"]}),
    NodeParam(
        "parentFolderId", "Parent Folder ID", "string", optional=True, additional=True, show={"fileActions": ["createFile", "copyFile"]}
    ),
    NodeParam("parentFolderId", "Parent Folder ID", "string", optional=True, additional=True, show={"folderActions": ["createFolder"]}),
    NodeParam(
        "description", "File Description", "string", optional=True, additional=True, show={"fileActions": ["createFile", "updateFile"]}
    ),
    NodeParam("description", "Folder Description", "string", optional=True, additional=True, show={"folderActions": ["createFolder"]}),
    NodeParam("searchQuery", "Search Query", "string", optional=True, additional=True, show={"searchActions": ["searchFiles"]}),
    NodeParam("maxResults", "Max Results", "number", default=10, optional=True, additional=True, show={"fileActions": ["listFiles"]}),
    NodeParam("maxResults", "Max Results", "number", default=10, optional=True, additional=True, show={"searchActions": ["searchFiles"]}),
    NodeParam(
        "orderBy",
        "Order By",
        "options",
        optional=True,
        options=(
            Option("Name", "name"),
            Option("Created Time", "createdTime"),
            Option("Modified Time", "modifiedTime"),
            Option("Size", "quotaBytesUsed"),
            Option("Folder", "folder"),
        ),
        additional=True,
        show={"fileActions": ["listFiles"]},
    ),
    NodeParam(
        "orderBy",
        "Order By",
        "options",
        optional=True,
        options=(
            Option("Name", "name"),
            Option("Created Time", "createdTime"),
            Option("Modified Time", "modifiedTime"),
            Option("Size", "quotaBytesUsed"),
            Option("Folder", "folder"),
        ),
        additional=True,
        show={"searchActions": ["searchFiles"]},
    ),
    NodeParam(
        "shareRole",
        "Share Role",
        "options",
        optional=True,
        options=(
            Option("Reader", "reader"),
            Option("Writer", "writer"),
            Option("Commenter", "commenter"),
            Option("Owner", "owner"),
        ),
        additional=True,
        show={"shareActions": ["shareFile"]},
    ),
    NodeParam(
        "shareType",
        "Share Type",
        "options",
        optional=True,
        options=(
            Option("User", "user"),
            Option("Group", "group"),
            Option("Domain", "domain"),
            Option("Anyone", "anyone"),
        ),
        additional=True,
        show={"shareActions": ["shareFile"]},
    ),
    NodeParam("emailAddress", "Email Address", "string", optional=True, additional=True, show={"shareActions": ["shareFile"]}),
    NodeParam("domainName", "Domain Name", "string", optional=True, additional=True, show={"shareActions": ["shareFile"]}),
    NodeParam(
        "sendNotificationEmail",
        "Send Notification Email",
        "boolean",
        default=True,
        optional=True,
        additional=True,
        show={"shareActions": ["shareFile"]},
    ),
    NodeParam("emailMessage", "Email Message", "string", optional=True, additional=True, show={"shareActions": ["shareFile"]}),
    NodeParam(
        "includeItemsFromAllDrives",
        "Include Items From All Drives",
        "boolean",
        optional=True,
        additional=True,
        show={"fileActions": ["listFiles"]},
    ),
    NodeParam(
        "includeItemsFromAllDrives",
        "Include Items From All Drives",
        "boolean",
        optional=True,
        additional=True,
        show={"searchActions": ["searchFiles"]},
    ),
    NodeParam(
        "supportsAllDrives",
        "Supports All Drives",
        "boolean",
        optional=True,
        additional=True,
        show={"fileActions": ["listFiles", "getFile", "createFile", "updateFile", "deleteFile", "copyFile", "downloadFile"]},
    ),
    NodeParam(
        "supportsAllDrives",
        "Supports All Drives",
        "boolean",
        optional=True,
        additional=True,
        show={"folderActions": ["createFolder", "listFolderContents", "deleteFolder"]},
    ),
    NodeParam(
        "supportsAllDrives", "Supports All Drives", "boolean", optional=True, additional=True, show={"searchActions": ["searchFiles"]}
    ),
    NodeParam(
        "supportsAllDrives",
        "Supports All Drives",
        "boolean",
        optional=True,
        additional=True,
        show={"shareActions": ["shareFile", "getPermissions", "removePermission"]},
    ),
    NodeParam("fields", "Fields", "string", optional=True, additional=True, show={"fileActions": ["listFiles", "getFile"]}),
    NodeParam(
        "acknowledgeAbuse",
        "Acknowledge Abuse",
        "boolean",
        optional=True,
        additional=True,
        show={"fileActions": ["getFile", "downloadFile"]},
    ),
)
