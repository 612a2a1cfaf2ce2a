"""What Gmail can be asked to do (https://developers.google.com/workspace/gmail/api/reference/rest)."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from typing import Any

from flowisectl.nodes.tools._rest_actions import Arguments, RestAction, names

API_URL = "https://gmail.googleapis.com/gmail/v1/users/me"
_MAIL = {
    "to": "Addresses of the recipients, between commas",
    "subject": "The subject",
    "body": "The text",
    "cc": "Addresses that get a copy, between commas",
    "bcc": "Addresses that get a copy without the others knowing, between commas",
}
_LIST = {"maxResults": "how many at most:number"}
_SEARCH = {**_LIST, "query": "what to search for, as in Gmail's search field"}
_LABELS = {"addLabelIds": "labels to add:list", "removeLabelIds": "labels to remove:list"}


def _raw(values: Arguments) -> dict[str, str]:
    """A message as RFC 5322 has it, base64 for addresses. Line ends in headers, which would add headers, are refused by `email`."""
    message = EmailMessage()
    for header in ("to", "cc", "bcc", "subject"):
        if values.get(header):
            message[header.title()] = " ".join(str(values[header]).split()) if header == "subject" else ", ".join(names(values[header]))
    body = str(values.get("body") or "")
    message.set_content(body, subtype="html" if body.lstrip().startswith("<") else "plain")
    return {"raw": base64.urlsafe_b64encode(message.as_bytes()).decode().rstrip("=")}


def _draft(values: Arguments) -> dict[str, Any]:
    return {"message": _raw(values)}


def _changed_labels(values: Arguments) -> dict[str, Any]:
    return {name: names(values[name]) for name in _LABELS if values.get(name)}


def _label(values: Arguments) -> dict[str, Any]:
    color = values.get("labelColor")
    return {
        "name": str(values["labelName"]),
        "labelListVisibility": "labelShow",
        "messageListVisibility": "show",
        **({"color": {"backgroundColor": str(color), "textColor": "#000000"}} if color else {}),
    }


def _of_one(kind: str, key: str, tool: str, description: str, method: str, path: str, **more: Any) -> RestAction:
    about = {"id": f"The id of the {kind}", **more.pop("arguments", {})}
    required = ("id", *more.pop("required", ()))
    return RestAction(key=key, tool=tool, description=description, method=method, path=path, arguments=about, required=required, **more)


_MAX = {"maxResults": "maxResults"}
_FIND = {"maxResults": "maxResults", "query": "q"}

DRAFTS = (
    RestAction(
        key="listDrafts", tool="list_drafts", description="Lists the drafts", method="GET", path="/drafts", arguments=_SEARCH, query=_FIND
    ),
    RestAction(
        key="createDraft", tool="create_draft", description="Writes a draft", method="POST", path="/drafts", arguments=_MAIL, body=_draft
    ),
    _of_one("draft", "getDraft", "get_draft", "Reads a draft", "GET", "/drafts/{id}"),
    _of_one("draft", "updateDraft", "update_draft", "Changes a draft", "PUT", "/drafts/{id}", arguments=_MAIL, body=_draft),
    RestAction(
        key="sendDraft",
        tool="send_draft",
        description="Sends a draft",
        method="POST",
        path="/drafts/send",
        arguments={"id": "The id of the draft"},
        required=("id",),
        body=lambda values: {"id": str(values["id"])},
    ),
    _of_one("draft", "deleteDraft", "delete_draft", "Deletes a draft", "DELETE", "/drafts/{id}"),
)
MESSAGES = (
    RestAction(
        key="listMessages",
        tool="list_messages",
        description="Finds messages",
        method="GET",
        path="/messages",
        arguments=_SEARCH,
        query=_FIND,
    ),
    _of_one("message", "getMessage", "get_message", "Reads a message", "GET", "/messages/{id}"),
    RestAction(
        key="sendMessage",
        tool="send_message",
        description="Sends an e-mail",
        method="POST",
        path="/messages/send",
        arguments=_MAIL,
        required=("to",),
        body=_raw,
    ),
    _of_one(
        "message",
        "modifyMessage",
        "modify_message",
        "Changes the labels of a message",
        "POST",
        "/messages/{id}/modify",
        arguments=_LABELS,
        body=_changed_labels,
    ),
    _of_one("message", "trashMessage", "trash_message", "Moves a message to the bin", "POST", "/messages/{id}/trash"),
    _of_one("message", "untrashMessage", "untrash_message", "Takes a message out of the bin", "POST", "/messages/{id}/untrash"),
    _of_one("message", "deleteMessage", "delete_message", "Deletes a message for good", "DELETE", "/messages/{id}"),
)
_LABEL = {"labelName": "The name of the label", "labelColor": "Its background, as #rrggbb"}
LABELS = (
    RestAction(key="listLabels", tool="list_labels", description="Lists the labels", method="GET", path="/labels", arguments={}),
    _of_one("label", "getLabel", "get_label", "Reads a label", "GET", "/labels/{id}"),
    RestAction(
        key="createLabel",
        tool="create_label",
        description="Makes a label",
        method="POST",
        path="/labels",
        arguments=_LABEL,
        required=("labelName",),
        body=_label,
    ),
    _of_one(
        "label",
        "updateLabel",
        "update_label",
        "Changes a label",
        "PUT",
        "/labels/{id}",
        arguments=_LABEL,
        required=("labelName",),
        body=_label,
    ),
    _of_one("label", "deleteLabel", "delete_label", "Deletes a label", "DELETE", "/labels/{id}"),
)
THREADS = (
    RestAction(
        key="listThreads",
        tool="list_threads",
        description="Finds conversations",
        method="GET",
        path="/threads",
        arguments=_SEARCH,
        query=_FIND,
    ),
    _of_one("thread", "getThread", "get_thread", "Reads a conversation", "GET", "/threads/{id}"),
    _of_one(
        "thread",
        "modifyThread",
        "modify_thread",
        "Changes the labels of a conversation",
        "POST",
        "/threads/{id}/modify",
        arguments=_LABELS,
        body=_changed_labels,
    ),
    _of_one("thread", "trashThread", "trash_thread", "Moves a conversation to the bin", "POST", "/threads/{id}/trash"),
    _of_one("thread", "untrashThread", "untrash_thread", "Takes a conversation out of the bin", "POST", "/threads/{id}/untrash"),
    _of_one("thread", "deleteThread", "delete_thread", "Deletes a conversation for good", "DELETE", "/threads/{id}"),
)
