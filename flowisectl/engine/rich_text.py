"""Editor content (HTML) as Markdown, as Turndown writes it by default with escaping off: https://github.com/mixmark-io/turndown

The AgentFlow editor stores its fields as HTML; models and users get Markdown. Only text that begins with a block element is
editor content, everything else stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser

_EDITOR_CONTENT = re.compile(r"\s*<(?:p|div|h[1-6]|ul|ol|blockquote|pre|table)\b[^>]*>", re.IGNORECASE)
_WHITE = re.compile(r"[ \t\r\n\f]+")
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form"
        " h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu nav ol p pre section table tbody td tfoot th thead tr ul",
    )
)
_VOIDS = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"])
_SKIPPED = frozenset(("script", "style", "head", "title", "noscript"))
_MAX_DEPTH = 200
"""Deeper elements are read as part of the element at this depth, so that no text can exhaust the stack."""


@dataclass
class _Element:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[_Element | str] = field(default_factory=list)

    @property
    def is_block(self) -> bool:
        return self.tag in _BLOCKS


def is_editor_content(text: str) -> bool:
    return "<" in text and _EDITOR_CONTENT.match(text) is not None


@lru_cache(maxsize=4096)
def markdown_of(text: str) -> str:
    """Editor content as Markdown; any other text as it is."""
    if not is_editor_content(text):
        return text
    reader = _TreeReader()
    reader.feed(text)
    reader.close()
    _collapse(reader.root)
    return _content(reader.root).lstrip("\t\r\n").rstrip()


class _TreeReader(HTMLParser):
    """Reads HTML into a tree. Wrong nesting is repaired by ignoring end tags that close nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Element("root")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        inside = self._open[-1].tag
        if (inside == "p" and tag in _BLOCKS) or (inside == "li" and tag == "li"):
            # A paragraph ends where a block begins, a list item where the next one does.
            self._open.pop()
        element = _Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in _VOIDS and len(self._open) < _MAX_DEPTH:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        if self._open[-1].tag not in _SKIPPED:
            self._open[-1].children.append(data)


def _collapse(root: _Element) -> None:
    """Collapse white space as a browser shows it: runs become one blank, none at the edge of a block or after one."""
    state = _Edge()
    _collapse_into(root, state)
    state.trim_end()


class _Edge:
    """The last piece of text and where it stands, while white space is collapsed."""

    def __init__(self) -> None:
        self.holder: list[_Element | str] | None = None
        self.index = 0
        self.keeps_blank = False

    def trim_end(self) -> None:
        """Take the blank off the end of the last text: a block ends or begins here."""
        if self.holder is not None:
            last = self.holder[self.index]
            if isinstance(last, str) and last.endswith(" "):
                self.holder[self.index] = last[:-1]
        self.holder = None
        self.keeps_blank = False


def _collapse_into(element: _Element, edge: _Edge) -> None:
    for index, child in enumerate(element.children):
        if isinstance(child, str):
            text = _WHITE.sub(" ", child)
            if not edge.keeps_blank and text.startswith(" "):
                text = text[1:]
            element.children[index] = text
            if text:
                edge.holder, edge.index, edge.keeps_blank = element.children, index, not text.endswith(" ")
        elif child.tag == "pre":
            edge.trim_end()
        elif child.is_block or child.tag == "br":
            edge.trim_end()
            _collapse_into(child, edge)
            edge.trim_end()
        elif child.tag in _VOIDS:
            edge.holder, edge.keeps_blank = None, True
        else:
            _collapse_into(child, edge)


def _content(element: _Element) -> str:
    """The Markdown of an element's children, blocks set apart by at most one empty line."""
    output = ""
    for child in element.children:
        output = _join(output, child if isinstance(child, str) else _markdown(child, element))
    return output


def _join(before: str, after: str) -> str:
    """Put two pieces together; where both bring line ends, the longer run (two at most) stands between them."""
    trimmed_before = before.rstrip("\n")
    trimmed_after = after.lstrip("\n")
    lines = min(max(len(before) - len(trimmed_before), len(after) - len(trimmed_after)), 2)
    return trimmed_before + "\n" * lines + trimmed_after


def _markdown(element: _Element, parent: _Element) -> str:
    tag = element.tag
    if tag in _SKIPPED:
        return ""
    if tag == "br":
        return "  \n"
    if tag == "hr":
        return "\n\n* * *\n\n"
    if tag == "img":
        source = element.attributes.get("src", "")
        return f"![{element.attributes.get('alt', '')}]({source}{_title(element)})" if source else ""
    if tag == "pre":
        return _code_block(element)
    content = _content(element)
    if not content.strip():
        # Blank inline elements keep their blank, blank blocks vanish.
        return "\n\n" if element.is_block else content if tag != "a" else ""
    if tag in ("ul", "ol"):
        return "\n" + content if parent.tag == "li" and _last_element(parent) is element else f"\n\n{content}\n\n"
    if tag == "li":
        return _list_item(element, parent, content)
    if tag == "blockquote":
        quoted = re.sub(r"^", "> ", content.strip("\n"), flags=re.MULTILINE)
        return f"\n\n{quoted}\n\n"
    if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
        return _heading(int(tag[1]), content)
    if element.is_block:
        return f"\n\n{content}\n\n"
    return _inline(element, content)


def _heading(level: int, content: str) -> str:
    if level <= 2:
        return f"\n\n{content}\n{('=' if level == 1 else '-') * len(content)}\n\n"
    return f"\n\n{'#' * level} {content}\n\n"


def _list_item(element: _Element, parent: _Element, content: str) -> str:
    items = [child for child in parent.children if isinstance(child, _Element) and child.tag == "li"]
    position = next(index for index, child in enumerate(items) if child is element)
    prefix = "*   "
    if parent.tag == "ol":
        start = parent.attributes.get("start", "")
        prefix = f"{(int(start) if start.isdigit() else 1) + position}.  "
    # A paragraph inside leaves one line end, which the indent turns into a line of blanks between items.
    text = re.sub(r"\n+$", "\n", content.lstrip("\n")).replace("\n", "\n    ")
    is_last = position == len(items) - 1
    return prefix + text + ("" if is_last or text.endswith("\n") else "\n")


def _last_element(parent: _Element) -> _Element | None:
    return next((child for child in reversed(parent.children) if isinstance(child, _Element)), None)


def _code_block(element: _Element) -> str:
    """Indented code. The language that the editor marks is lost, as clients know it."""
    code = _raw(element)
    first = next((child for child in element.children if isinstance(child, _Element)), None)
    if first is None or first.tag != "code":
        return f"\n\n{code}\n\n"
    return "\n\n    " + code.rstrip("\n").replace("\n", "\n    ") + "\n\n"


def _raw(element: _Element) -> str:
    return "".join(child if isinstance(child, str) else "\n" if child.tag == "br" else _raw(child) for child in element.children)


def _inline(element: _Element, content: str) -> str:
    stripped = content.strip(" \t\r\n")
    leading = content[: len(content) - len(content.lstrip(" \t\r\n"))]
    trailing = content[len(content.rstrip(" \t\r\n")) :]
    match element.tag:
        case "strong" | "b":
            text = f"**{stripped}**"
        case "em" | "i":
            text = f"_{stripped}_"
        case "code":
            text = _code(stripped)
        case "a" if element.attributes.get("href"):
            text = f"[{stripped}]({element.attributes['href']}{_title(element)})"
        case _:
            return content
    return leading + text + trailing


def _code(text: str) -> str:
    """Inline code between more back ticks than it has itself."""
    fence = "`"
    runs = re.findall(r"`+", text)
    while fence in runs:
        fence += "`"
    padding = " " if re.search(r"^`|^ .*?[^ ].* $|`$", text) else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def _title(element: _Element) -> str:
    title = element.attributes.get("title", "").replace('"', '\\"')
    return f' "{title}"' if title else ""
