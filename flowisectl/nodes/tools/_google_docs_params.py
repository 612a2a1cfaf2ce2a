"""The inputs of the node googleDocsTool: which of its actions it offers, and arguments that it fixes for them."""

from __future__ import annotations

from functools import partial

from flowisectl.nodes.tools._account_params import action_choice, fixed_argument

_param = partial(fixed_argument, "actions")
_ACTIONS = {
    "createDocument": "Create Document",
    "getDocument": "Get Document",
    "updateDocument": "Update Document",
    "insertText": "Insert Text",
    "replaceText": "Replace Text",
    "appendText": "Append Text",
    "getTextContent": "Get Text Content",
    "insertImage": "Insert Image",
    "createTable": "Create Table",
}
_OF_ONE = tuple(name for name in _ACTIONS if name != "createDocument")
_REPLACING = ("updateDocument", "replaceText")
_READING = ("getDocument", "getTextContent")
_WITH_TABLE = ("createDocument", "updateDocument", "createTable")

PARAMS = (
    action_choice("actions", "Actions", _ACTIONS),
    _param("documentId", "Document ID", *_OF_ONE),
    _param("title", "Title", "createDocument"),
    _param("text", "Text", "createDocument", "updateDocument", "insertText", "appendText"),
    _param("index", "Index", "createDocument", "updateDocument", "insertText", "insertImage", "createTable", type="number", default=1),
    _param("replaceText", "Replace Text", *_REPLACING),
    _param("newText", "New Text", *_REPLACING),
    _param("matchCase", "Match Case", *_REPLACING, type="boolean", default=False),
    _param("imageUrl", "Image URL", "createDocument", "updateDocument", "insertImage"),
    _param("rows", "Table Rows", *_WITH_TABLE, type="number"),
    _param("columns", "Table Columns", *_WITH_TABLE, type="number"),
    _param("includeTabsContent", "Include Tabs Content", *_READING, type="boolean", default=False),
)
