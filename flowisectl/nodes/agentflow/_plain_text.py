"""Texts as conditions compare them: without their Markdown."""

from __future__ import annotations

import re

import orjson

_LINE_MARKS = re.compile(r"^[ \t]*(?:[*+-][ \t]+|\d+\.[ \t]+|>[ \t]?|#{1,6}[ \t]+)", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*```[^\n`]*\n?", re.MULTILINE)
_IMAGE_OR_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:[ \t]+\"[^\"]*\")?\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
# What stands between two marks has none itself, so the time stays in proportion to the text; nested marks take a second turn.
_MARKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\*\*\*(?=\S)([^*\n]+)(?<=\S)\*\*\*",
        r"\*\*(?=\S)([^*\n]+)(?<=\S)\*\*",
        r"\*(?=\S)([^*\n]+)(?<=\S)\*",
        r"(?<!\w)__(?=\S)([^_\n]+)(?<=\S)__(?!\w)",
        r"(?<!\w)_(?=\S)([^_\n]+)(?<=\S)_(?!\w)",
        r"~~(?=\S)([^~\n]+)(?<=\S)~~",
        r"`([^`\n]+)`",
    )
)
_UNESCAPE = re.compile(r"\\([\\\[\]*])")


def plain_text(text: str) -> str:
    """A text without Markdown: marks of lists, quotes and headings, emphasis, code ticks, links to their text, HTML tags.

    Underscores inside words, surrounding blanks and JSON stay. A text without any mark is returned as it is.
    """
    if not any(mark in text for mark in "*_`~#>[<-+."):
        return text
    if _is_json(text):
        return text
    text = _FENCE.sub("", text)
    text = _LINE_MARKS.sub("", text)
    text = _IMAGE_OR_LINK.sub(r"\1", text)
    for mark in (*_MARKS, *_MARKS):
        text = mark.sub(r"\1", text)
    return _TAG.sub("", text)


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True


def unescaped_pattern(pattern: str) -> str:
    """A pattern without the escapes that Markdown put before back slashes, brackets and asterisks."""
    return _UNESCAPE.sub(r"\1", pattern)
