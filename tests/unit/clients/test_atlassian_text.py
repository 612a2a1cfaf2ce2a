"""Atlassian's documents as text, and back."""

from __future__ import annotations

from typing import Any

from flowisectl.clients.atlassian_text import document_text, text_document


def node(kind: str, *content: Any, **attributes: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), "attrs": attributes}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def test_paragraphs_lists_tables_and_mentions_are_lines() -> None:
    document = node(
        "doc",
        node("paragraph", text("Hello "), node("mention", text="@Ann"), {"type": "hardBreak"}, text("again")),
        node("bulletList", node("listItem", node("paragraph", text("one")))),
        node("table", node("tableRow", node("tableCell", text("a")), node("tableCell", text("b")))),
        node("blockCard", url="https://a.test"),
    )

    assert document_text(document) == "Hello @Ann\nagain\n- one\na | b |\nhttps://a.test"


def test_a_plain_text_stays_and_nothing_is_nothing() -> None:
    assert (document_text("plain"), document_text(None)) == ("plain", "")


def test_a_text_becomes_a_document_and_a_text_again() -> None:
    assert document_text(text_document("one\n\ntwo")) == "one\ntwo"


def test_a_document_without_end_is_cut() -> None:
    deep: dict[str, Any] = text("end")
    for _ in range(5000):
        deep = {"type": "panel", "content": [deep]}

    assert document_text(deep) == ""
