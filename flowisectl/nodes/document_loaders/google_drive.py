"""Files of Google Drive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flowisectl.clients.google_drive import EXPORTS
from flowisectl.clients.google_drive import GoogleDrive as Drive
from flowisectl.clients.oauth import access_token
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import InvalidFlow, MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import MAX_FILE_BYTES, NamedFile
from flowisectl.interfaces.http import HttpClient
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.retrieval.file_formats import are_large, file_documents

MOST_FILES = 1000
MOST_LISTED = 100
_KEPT = ("createdTime", "modifiedTime", "size", "parents")


class GoogleDrive(Node):
    definition = NodeDefinition(
        name="googleDrive",
        label="Google Drive",
        category="Document Loaders",
        version=1.0,
        base_classes=("Document",),
        description="The text of files of Google Drive: chosen ones, or those of a folder",
        credential=CredentialParam(("googleDriveOAuth2",)),
        inputs=(
            NodeParam("selectedFiles", "Select Files", "asyncMultiOptions", optional=True, load_method="listFiles"),
            NodeParam("folderId", "Folder ID", "string", optional=True, placeholder="1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms"),
            NodeParam(
                "fileTypes",
                "File Types",
                "multiOptions",
                default=[
                    "application/vnd.google-apps.document",
                    "application/vnd.google-apps.spreadsheet",
                    "application/vnd.google-apps.presentation",
                    "text/plain",
                    "application/pdf",
                    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                ],
                optional=True,
                options=(
                    Option("Google Docs", "application/vnd.google-apps.document"),
                    Option("Google Sheets", "application/vnd.google-apps.spreadsheet"),
                    Option("Google Slides", "application/vnd.google-apps.presentation"),
                    Option("PDF Files", "application/pdf"),
                    Option("Text Files", "text/plain"),
                    Option("Word Documents", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
                    Option("PowerPoint", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
                    Option("Excel Files", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                ),
            ),
            NodeParam("includeSubfolders", "Include Subfolders", "boolean", default=False, optional=True),
            NodeParam("includeSharedDrives", "Include Shared Drives", "boolean", default=False, optional=True),
            NodeParam("maxFiles", "Max Files", "number", default=50, optional=True),
            SPLITTER,
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        chosen, folder = _names(inputs.json("selectedFiles")), inputs.text("folderId").strip()
        if not chosen and not folder:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no file: choose some, or give the id of a folder")
        drive = Drive(context.http, await access_token(context.http, inputs.credential, provider="googledrive"))
        shared = inputs.flag("includeSharedDrives")
        most = max(1, min(inputs.integer("maxFiles") or 50, MOST_FILES))
        if chosen:
            entries = [await drive.about(file_id, shared=shared) for file_id in chosen[:most]]
        else:
            kinds = _names(inputs.json("fileTypes")) or list(_kinds())
            entries = await drive.folder(folder, kinds, inside=inputs.flag("includeSubfolders"), shared=shared, most=most)
        files: list[tuple[Mapping[str, Any], NamedFile]] = []
        size = 0
        for entry in entries:
            file = await drive.read(entry, shared=shared)
            size += len(file.data)
            if size > MAX_FILE_BYTES:
                raise InvalidFlow(f"the files of node {inputs.node_id!r} ({inputs.label}) have more than {MAX_FILE_BYTES} bytes together")
            files.append((entry, file))
        return await answer_of(inputs, partial(_documents, files), is_large=are_large([file for _, file in files]))

    async def choices(self, method: str, inputs: NodeInputs, http: HttpClient) -> list[Option]:
        """The files that can be chosen, the last changed first. Raises MissingInput, ProviderError."""
        if method != "listFiles":
            return []
        drive = Drive(http, await access_token(http, inputs.credential, provider="googledrive"))
        found = await drive.latest(list(_kinds()), most=MOST_LISTED)
        return [Option(str(entry.get("name")), str(entry["id"]), str(entry.get("mimeType") or "")) for entry in found]


def _documents(files: Sequence[tuple[Mapping[str, Any], NamedFile]]) -> list[Document]:
    found: list[Document] = []
    for entry, file in files:
        about = {
            "source": entry.get("webViewLink") or f"https://drive.google.com/file/d/{entry.get('id')}",
            "fileId": entry.get("id"),
            "fileName": entry.get("name"),
            "mimeType": entry.get("mimeType"),
            **{name: entry[name] for name in _KEPT if name in entry},
        }
        if entry.get("mimeType") in EXPORTS:
            found.append(Document(page_content=file.data.decode("utf-8-sig", "replace"), metadata=about))
        else:
            found += [Document(page_content=part.page_content, metadata={**part.metadata, **about}) for part in file_documents(file)]
    return found


def _kinds() -> Sequence[str]:
    """The kinds of files that the node reads unless its author chose some."""
    param = next(param for param in GoogleDrive.definition.inputs if param.name == "fileTypes")
    return [option.name for option in param.options]


def _names(value: Any) -> list[str]:
    return [str(item) for item in value if item] if isinstance(value, list) else []
