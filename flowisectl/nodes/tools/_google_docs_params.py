"""The inputs of the node googleDocsTool: which of its actions it offers, and arguments that it fixes for them."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam, Option

PARAMS = (
    NodeParam(
        "actions",
        "Actions",
        "multiOptions",
        options=(
            Option("Create Document", "createDocument"),
            Option("Get Document", "getDocument"),
            Option("Update Document", "updateDocument"),
            Option("Insert Text", "insertText"),
            Option("Replace Text", "replaceText"),
            Option("Append Text", "appendText"),
            Option("Get Text Content", "getTextContent"),
            Option("Insert Image", "insertImage"),
            Option("Create Table", "createTable"),
        ),
    ),
    NodeParam(
        "documentId",
        "Document ID",
        "string",
        optional=True,
        additional=True,
        show={
            "actions": [
                "getDocument",
                "updateDocument",
                "insertText",
                "replaceText",
                "appendText",
                "getTextContent",
                "insertImage",
                "createTable",
            ]
        },
    ),
    NodeParam("title", "Title", "string", optional=True, additional=True, show={"actions": ["createDocument"]}),
    NodeParam(
        "text",
        "Text",
        "string",
        optional=True,
        additional=True,
        show={"actions": ["createDocument", "updateDocument", "insertText", "appendText"]},
    ),
    NodeParam(
        "index",
        "Index",
        "number",
        default=1,
        optional=True,
        additional=True,
        show={"actions": ["createDocument", "updateDocument", "insertText", "insertImage", "createTable"]},
    ),
    NodeParam("replaceText", "Replace Text", "string", optional=True, additional=True, show={"actions": ["updateDocument", "replaceText"]}),
    NodeParam("newText", "New Text", "string", optional=True, additional=True, show={"actions": ["updateDocument", "replaceText"]}),
    NodeParam(
        "matchCase",
        "Match Case",
        "boolean",
        default=False,
        optional=True,
        additional=True,
        show={"actions": ["updateDocument", "replaceText"]},
    ),
    NodeParam(
        "imageUrl",
        "Image URL",
        "string",
        optional=True,
        additional=True,
        show={"actions": ["createDocument", "updateDocument", "insertImage"]},
    ),
    NodeParam(
        "rows",
        "Table Rows",
        "number",
        optional=True,
        additional=True,
        show={"actions": ["createDocument", "updateDocument", "createTable"]},
    ),
    NodeParam(
        "columns",
        "Table Columns",
        "number",
        optional=True,
        additional=True,
        show={"actions": ["createDocument", "updateDocument", "createTable"]},
    ),
    NodeParam(
        "includeTabsContent",
        "Include Tabs Content",
        "boolean",
        default=False,
        optional=True,
        additional=True,
        show={"actions": ["getDocument", "getTextContent"]},
    ),
)
