"""What Notion's API gives, as text: blocks as Markdown, properties as plain values (https://developers.notion.com/reference/block)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

Block = Mapping[str, Any]
_MARKS = (("code", "`"), ("bold", "**"), ("italic", "_"), ("strikethrough", "~~"))
_STARTS = {
    "heading_1": "# ",
    "heading_2": "## ",
    "heading_3": "### ",
    "bulleted_list_item": "- ",
    "numbered_list_item": "1. ",
    "toggle": "- ",
    "quote": "> ",
    "callout": "> ",
}
_LINKED = frozenset(("bookmark", "embed", "link_preview", "image", "video", "file", "pdf", "audio"))


def page_markdown(blocks: Iterable[Block]) -> str:
    """Blocks, each with those inside it under `children`."""
    return "\n\n".join(_paragraphs(blocks, 0)).strip()


def plain(rich: Any) -> str:
    return "".join(str(part.get("plain_text") or "") for part in rich if isinstance(part, Mapping)) if isinstance(rich, list) else ""


def page_title(page: Mapping[str, Any]) -> str:
    for value in (page.get("properties") or {}).values():
        if isinstance(value, Mapping) and value.get("type") == "title":
            return plain(value.get("title"))
    return ""


def property_value(value: Mapping[str, Any]) -> Any:
    """A property as a text, a number, a truth value, or a list of texts."""
    kind = str(value.get("type") or "")
    content = value.get(kind)
    match kind:
        case "title" | "rich_text":
            return plain(content)
        case "select" | "status":
            return (content or {}).get("name")
        case "multi_select":
            return [str(item.get("name")) for item in content or []]
        case "date":
            ends = [str(day) for day in ((content or {}).get("start"), (content or {}).get("end")) if day]
            return " – ".join(ends)
        case "people":
            return [str(person.get("name") or person.get("id")) for person in content or []]
        case "created_by" | "last_edited_by":
            return (content or {}).get("name") or (content or {}).get("id")
        case "files":
            return [str(file.get("name")) for file in content or []]
        case "relation":
            return [str(item.get("id")) for item in content or []]
        case "formula":
            return (content or {}).get(str((content or {}).get("type")))
        case "rollup":
            inner = (content or {}).get(str((content or {}).get("type")))
            return [property_value(item) for item in inner if isinstance(item, Mapping)] if isinstance(inner, list) else inner
        case "unique_id":
            return "-".join(str(part) for part in ((content or {}).get("prefix"), (content or {}).get("number")) if part is not None)
    return content if isinstance(content, (str, int, float, bool)) or content is None else orjson.dumps(content).decode()


def _paragraphs(blocks: Iterable[Block], depth: int) -> Iterable[str]:
    for block in blocks:
        kind = str(block.get("type") or "")
        content = block.get(kind)
        own = _block(kind, content if isinstance(content, Mapping) else {})
        inner = block.get("children") or []
        if kind == "table":
            yield _table(inner)
            continue
        if own:
            yield _indented(own, depth)
        yield from _paragraphs(inner, depth + 1 if kind.endswith("list_item") or kind in ("toggle", "to_do") else depth)


def _block(kind: str, content: Mapping[str, Any]) -> str:
    text = _rich(content.get("rich_text"))
    match kind:
        case "to_do":
            return f"- [{'x' if content.get('checked') else ' '}] {text}"
        case "code":
            return f"```{content.get('language') or ''}\n{plain(content.get('rich_text'))}\n```"
        case "equation":
            return f"$${content.get('expression') or ''}$$"
        case "divider":
            return "---"
        case "child_page" | "child_database":
            return str(content.get("title") or "")
        case _ if kind in _LINKED:
            return _link(content)
    return f"{_STARTS.get(kind, '')}{text}" if text else ""


def _link(content: Mapping[str, Any]) -> str:
    inner = content.get(str(content.get("type")))
    url = content.get("url") or (inner.get("url") if isinstance(inner, Mapping) else "")
    caption = plain(content.get("caption")) or str(content.get("name") or url or "")
    return f"[{caption}]({url})" if url else caption


def _rich(rich: Any) -> str:
    return "".join(_marked(part) for part in rich if isinstance(part, Mapping)) if isinstance(rich, list) else ""


def _marked(part: Mapping[str, Any]) -> str:
    text = str(part.get("plain_text") or "")
    annotations = part.get("annotations") or {}
    if text.strip():
        for name, mark in _MARKS:
            text = f"{mark}{text}{mark}" if annotations.get(name) else text
    return f"[{text}]({part['href']})" if part.get("href") else text


def _table(rows: Iterable[Block]) -> str:
    lines = ["| " + " | ".join(_rich(cell) for cell in (row.get("table_row") or {}).get("cells") or []) + " |" for row in rows]
    if lines:
        lines.insert(1, "|" + " --- |" * (lines[0].count("|") - 1))
    return "\n".join(lines)


def _indented(text: str, depth: int) -> str:
    return "\n".join(f"{'    ' * min(depth, 10)}{line}" for line in text.split("\n"))
