"""The inputs of the node gmail: which of its actions it offers, and arguments that it fixes for them."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.node import NodeParam, Option

_ACTIONS = {"drafts": "draftActions", "messages": "messageActions", "labels": "labelActions", "threads": "threadActions"}


def _param(name: str, label: str, kind: str, *actions: str, type: str = "string", **more: Any) -> NodeParam:
    """An input that is shown for some actions of one kind."""
    show = {"gmailType": [kind], **({_ACTIONS[kind]: [*actions]} if actions else {})}
    return NodeParam(name, label, type, optional=True, additional=True, show=show, **more)


PARAMS = (
    NodeParam(
        "gmailType",
        "Type",
        "options",
        options=(Option("Drafts", "drafts"), Option("Messages", "messages"), Option("Labels", "labels"), Option("Threads", "threads")),
    ),
    NodeParam(
        "draftActions",
        "Draft Actions",
        "multiOptions",
        options=(
            Option("List Drafts", "listDrafts"),
            Option("Create Draft", "createDraft"),
            Option("Get Draft", "getDraft"),
            Option("Update Draft", "updateDraft"),
            Option("Send Draft", "sendDraft"),
            Option("Delete Draft", "deleteDraft"),
        ),
        show={"gmailType": ["drafts"]},
    ),
    NodeParam(
        "messageActions",
        "Message Actions",
        "multiOptions",
        options=(
            Option("List Messages", "listMessages"),
            Option("Get Message", "getMessage"),
            Option("Send Message", "sendMessage"),
            Option("Modify Message", "modifyMessage"),
            Option("Trash Message", "trashMessage"),
            Option("Untrash Message", "untrashMessage"),
            Option("Delete Message", "deleteMessage"),
        ),
        show={"gmailType": ["messages"]},
    ),
    NodeParam(
        "labelActions",
        "Label Actions",
        "multiOptions",
        options=(
            Option("List Labels", "listLabels"),
            Option("Get Label", "getLabel"),
            Option("Create Label", "createLabel"),
            Option("Update Label", "updateLabel"),
            Option("Delete Label", "deleteLabel"),
        ),
        show={"gmailType": ["labels"]},
    ),
    NodeParam(
        "threadActions",
        "Thread Actions",
        "multiOptions",
        options=(
            Option("List Threads", "listThreads"),
            Option("Get Thread", "getThread"),
            Option("Modify Thread", "modifyThread"),
            Option("Trash Thread", "trashThread"),
            Option("Untrash Thread", "untrashThread"),
            Option("Delete Thread", "deleteThread"),
        ),
        show={"gmailType": ["threads"]},
    ),
    _param("draftMaxResults", "Max Results", "drafts", "listDrafts", type="number", default=100),
    _param("draftTo", "To", "drafts", "createDraft"),
    _param("draftSubject", "Subject", "drafts", "createDraft"),
    _param("draftBody", "Body", "drafts", "createDraft", rows=4),
    _param("draftCc", "CC", "drafts", "createDraft"),
    _param("draftBcc", "BCC", "drafts", "createDraft"),
    _param("draftId", "Draft ID", "drafts", "getDraft", "updateDraft", "sendDraft", "deleteDraft"),
    _param("draftUpdateTo", "To (Update)", "drafts", "updateDraft"),
    _param("draftUpdateSubject", "Subject (Update)", "drafts", "updateDraft"),
    _param("draftUpdateBody", "Body (Update)", "drafts", "updateDraft", rows=4),
    _param("messageMaxResults", "Max Results", "messages", "listMessages", type="number", default=100),
    _param("messageQuery", "Query", "messages", "listMessages"),
    _param("messageTo", "To", "messages", "sendMessage"),
    _param("messageSubject", "Subject", "messages", "sendMessage"),
    _param("messageBody", "Body", "messages", "sendMessage", rows=4),
    _param("messageCc", "CC", "messages", "sendMessage"),
    _param("messageBcc", "BCC", "messages", "sendMessage"),
    _param("messageId", "Message ID", "messages", "getMessage", "modifyMessage", "trashMessage", "untrashMessage", "deleteMessage"),
    _param("messageAddLabelIds", "Add Label IDs", "messages", "modifyMessage"),
    _param("messageRemoveLabelIds", "Remove Label IDs", "messages", "modifyMessage"),
    _param("labelName", "Label Name", "labels", "createLabel", "updateLabel"),
    _param("labelColor", "Label Color", "labels", "createLabel", "updateLabel"),
    _param("labelId", "Label ID", "labels", "getLabel", "updateLabel", "deleteLabel"),
    _param("threadMaxResults", "Max Results", "threads", "listThreads", type="number", default=100),
    _param("threadQuery", "Query", "threads", "listThreads"),
    _param("threadId", "Thread ID", "threads", "getThread", "modifyThread", "trashThread", "untrashThread", "deleteThread"),
    _param("threadAddLabelIds", "Add Label IDs", "threads", "modifyThread"),
    _param("threadRemoveLabelIds", "Remove Label IDs", "threads", "modifyThread"),
)
