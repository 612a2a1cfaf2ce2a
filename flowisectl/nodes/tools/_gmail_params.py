"""The inputs of the node gmail: which of its actions it offers, and arguments that it fixes for them."""

from __future__ import annotations

from functools import partial

from flowisectl.nodes.tools._account_params import action_choice, fixed_argument, kind_choice

_draft = partial(fixed_argument, "draftActions", kind={"gmailType": "drafts"})
_message = partial(fixed_argument, "messageActions", kind={"gmailType": "messages"})
_label = partial(fixed_argument, "labelActions", kind={"gmailType": "labels"})
_thread = partial(fixed_argument, "threadActions", kind={"gmailType": "threads"})

PARAMS = (
    kind_choice("gmailType", {"drafts": "Drafts", "messages": "Messages", "labels": "Labels", "threads": "Threads"}),
    action_choice(
        "draftActions",
        "Draft Actions",
        {
            "listDrafts": "List Drafts",
            "createDraft": "Create Draft",
            "getDraft": "Get Draft",
            "updateDraft": "Update Draft",
            "sendDraft": "Send Draft",
            "deleteDraft": "Delete Draft",
        },
        gmailType="drafts",
    ),
    action_choice(
        "messageActions",
        "Message Actions",
        {
            "listMessages": "List Messages",
            "getMessage": "Get Message",
            "sendMessage": "Send Message",
            "modifyMessage": "Modify Message",
            "trashMessage": "Trash Message",
            "untrashMessage": "Untrash Message",
            "deleteMessage": "Delete Message",
        },
        gmailType="messages",
    ),
    action_choice(
        "labelActions",
        "Label Actions",
        {
            "listLabels": "List Labels",
            "getLabel": "Get Label",
            "createLabel": "Create Label",
            "updateLabel": "Update Label",
            "deleteLabel": "Delete Label",
        },
        gmailType="labels",
    ),
    action_choice(
        "threadActions",
        "Thread Actions",
        {
            "listThreads": "List Threads",
            "getThread": "Get Thread",
            "modifyThread": "Modify Thread",
            "trashThread": "Trash Thread",
            "untrashThread": "Untrash Thread",
            "deleteThread": "Delete Thread",
        },
        gmailType="threads",
    ),
    _draft("draftMaxResults", "Max Results", "listDrafts", type="number", default=100),
    _draft("draftTo", "To", "createDraft"),
    _draft("draftSubject", "Subject", "createDraft"),
    _draft("draftBody", "Body", "createDraft", rows=4),
    _draft("draftCc", "CC", "createDraft"),
    _draft("draftBcc", "BCC", "createDraft"),
    _draft("draftId", "Draft ID", "getDraft", "updateDraft", "sendDraft", "deleteDraft"),
    _draft("draftUpdateTo", "To (Update)", "updateDraft"),
    _draft("draftUpdateSubject", "Subject (Update)", "updateDraft"),
    _draft("draftUpdateBody", "Body (Update)", "updateDraft", rows=4),
    _message("messageMaxResults", "Max Results", "listMessages", type="number", default=100),
    _message("messageQuery", "Query", "listMessages"),
    _message("messageTo", "To", "sendMessage"),
    _message("messageSubject", "Subject", "sendMessage"),
    _message("messageBody", "Body", "sendMessage", rows=4),
    _message("messageCc", "CC", "sendMessage"),
    _message("messageBcc", "BCC", "sendMessage"),
    _message("messageId", "Message ID", "getMessage", "modifyMessage", "trashMessage", "untrashMessage", "deleteMessage"),
    _message("messageAddLabelIds", "Add Label IDs", "modifyMessage"),
    _message("messageRemoveLabelIds", "Remove Label IDs", "modifyMessage"),
    _label("labelName", "Label Name", "createLabel", "updateLabel"),
    _label("labelColor", "Label Color", "createLabel", "updateLabel"),
    _label("labelId", "Label ID", "getLabel", "updateLabel", "deleteLabel"),
    _thread("threadMaxResults", "Max Results", "listThreads", type="number", default=100),
    _thread("threadQuery", "Query", "listThreads"),
    _thread("threadId", "Thread ID", "getThread", "modifyThread", "trashThread", "untrashThread", "deleteThread"),
    _thread("threadAddLabelIds", "Add Label IDs", "modifyThread"),
    _thread("threadRemoveLabelIds", "Remove Label IDs", "modifyThread"),
)
