"""Atlassian's document format (https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/) → text, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BLOCKS = frozenset(("paragraph", "heading", "codeBlock", "blockquote", "panel", "tableRow", "rule", "mediaSingle"))
_MAX_DEPTH = 100


def document_text(content: Any) -> str:
    """The text of a document; one that is a text already stays so."""
    if not isinstance(content, Mapping):
        return str(content or "")
    lines = "".join(_pieces(content, 0)).splitlines()
    return "\n".join(line.rstrip() for line in lines if line.strip())


def text_document(text: str) -> dict[str, Any]:
    """A document with a paragraph for each line."""
    lines = text.split("\n")
    paragraphs = [{"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []} for line in lines]
    return {"type": "doc", "version": 1, "content": paragraphs}


def _pieces(node: Mapping[str, Any], depth: int) -> list[str]:
    kind, given = str(node.get("type") or ""), node.get("attrs")
    attributes = given if isinstance(given, Mapping) else {}
    match kind:
        case "text":
            return [str(node.get("text") or "")]
        case "hardBreak":
            return ["\n"]
        case "mention" | "emoji" | "status":
            return [str(attributes.get("text") or attributes.get("shortName") or "")]
        case "inlineCard" | "blockCard":
            return [str(attributes.get("url") or "")]
    inner: list[str] = ["- "] if kind == "listItem" else []
    for child in node.get("content") or [] if depth < _MAX_DEPTH else []:
        if isinstance(child, Mapping):
            inner += _pieces(child, depth + 1)
            inner += [" | "] if child.get("type") in ("tableCell", "tableHeader") else []
    return [*inner, "\n"] if kind in _BLOCKS else inner
