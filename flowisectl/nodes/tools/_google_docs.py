"""What Google Docs can be asked to do (https://developers.google.com/workspace/docs/api/reference/rest/v1/documents)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowisectl.clients.rest import RestService
from flowisectl.errors import FlowError
from flowisectl.nodes.tools._rest_actions import Arguments, action, filled

API_URL = "https://docs.googleapis.com/v1"
_ONE = "/documents/{documentId}"
_CHANGE = f"{_ONE}:batchUpdate"
_ID = {"documentId": "The id of the document"}
_PLACE = {"index": "where in the document; it begins at 1:number"}
_TEXT = {"text": "The text"}
_SWAP = {
    "replaceText": "The text to replace",
    "newText": "What stands there afterwards",
    "matchCase": "whether capitals matter:flag",
}
_IMAGE = {"imageUrl": "The address of the picture"}
_TABLE = {"rows": "how many rows:number", "columns": "how many columns:number"}
_TABS = {"includeTabsContent": "whether to read all tabs:flag"}
_MAX_DEPTH = 50


def _changes(values: Arguments) -> list[dict[str, Any]]:
    """A change for everything that is given."""
    place = {"index": _whole(values.get("index") or 1)}
    found: list[dict[str, Any]] = []
    if values.get("text"):
        found.append({"insertText": {"location": place, "text": str(values["text"])}})
    if values.get("replaceText"):
        wanted = {"text": str(values["replaceText"]), "matchCase": str(values.get("matchCase")).lower() == "true"}
        found.append({"replaceAllText": {"containsText": wanted, "replaceText": str(values.get("newText") or "")}})
    if values.get("imageUrl"):
        found.append({"insertInlineImage": {"uri": str(values["imageUrl"]), "location": place}})
    if values.get("rows") and values.get("columns"):
        found.append({"insertTable": {"rows": _whole(values["rows"]), "columns": _whole(values["columns"]), "location": place}})
    return found


def _change(values: Arguments) -> dict[str, Any]:
    changes = _changes(values)
    if not changes:
        raise FlowError("nothing to change in the document: give a text, a replacement, a picture or a table")
    return {"requests": changes}


def _append(values: Arguments) -> dict[str, Any]:
    return {"requests": [{"insertText": {"endOfSegmentLocation": {}, "text": str(values["text"])}}]}


async def _create(service: RestService, values: Arguments) -> Any:
    made = await service.json("POST", "/documents", {"title": str(values["title"])})
    changes = _changes(values)
    if changes:
        await service.json("POST", filled(_CHANGE, {"documentId": (made or {}).get("documentId")}), {"requests": changes})
    return made


async def _text_of(service: RestService, values: Arguments) -> Any:
    query = {"includeTabsContent": "true"} if str(values.get("includeTabsContent")).lower() == "true" else None
    document = await service.json("GET", filled(_ONE, values), query=query) or {}
    bodies = [document.get("body"), *_tabs(document.get("tabs"), 0)]
    text = "".join(piece for body in bodies if isinstance(body, Mapping) for piece in _pieces(body.get("content"), 0))
    return {"documentId": document.get("documentId"), "title": document.get("title"), "text": text}


def _tabs(tabs: Any, depth: int) -> Iterator[Any]:
    for tab in tabs or [] if depth < _MAX_DEPTH else []:
        yield (tab.get("documentTab") or {}).get("body")
        yield from _tabs(tab.get("childTabs"), depth + 1)


def _pieces(content: Any, depth: int) -> Iterator[str]:
    for part in content or [] if depth < _MAX_DEPTH else []:
        for element in (part.get("paragraph") or {}).get("elements") or []:
            yield str((element.get("textRun") or {}).get("content") or "")
        for row in (part.get("table") or {}).get("tableRows") or []:
            for cell in row.get("tableCells") or []:
                yield from _pieces(cell.get("content"), depth + 1)


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise FlowError(f"a place or a size in a document is a whole number, not {str(value)[:80]!r}") from error


ACTIONS = (
    action("createDocument", "create_document", "Makes a document", "POST", "/documents",
           {"title": "Its title", **_TEXT, **_PLACE, **_IMAGE, **_TABLE}, "title", act=_create),
    action("getDocument", "get_document", "Reads a document with its structure", "GET", _ONE, {**_ID, **_TABS}, "documentId",
           query={"includeTabsContent": "includeTabsContent"}),
    action("updateDocument", "update_document", "Changes a document", "POST", _CHANGE,
           {**_ID, **_TEXT, **_PLACE, **_SWAP, **_IMAGE, **_TABLE}, "documentId", body=_change),
    action("insertText", "insert_text", "Puts text into a document", "POST", _CHANGE, {**_ID, **_TEXT, **_PLACE}, "documentId", "text",
           body=_change),
    action("replaceText", "replace_text", "Replaces text in a document", "POST", _CHANGE, {**_ID, **_SWAP},
           "documentId", "replaceText", "newText", body=_change),
    action("appendText", "append_text", "Adds text at the end of a document", "POST", _CHANGE, {**_ID, **_TEXT}, "documentId", "text",
           body=_append),
    action("getTextContent", "get_text_content", "Reads a document's text", "GET", _ONE, {**_ID, **_TABS}, "documentId", act=_text_of),
    action("insertImage", "insert_image", "Puts a picture into a document", "POST", _CHANGE, {**_ID, **_IMAGE, **_PLACE},
           "documentId", "imageUrl", body=_change),
    action("createTable", "create_table", "Puts a table into a document", "POST", _CHANGE, {**_ID, **_TABLE, **_PLACE},
           "documentId", "rows", "columns", body=_change),
)  # fmt: skip
