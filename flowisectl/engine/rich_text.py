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
_STRAY = re.compile(r"<(?!/?[a-zA-Z][^<>]*>)")
"""A `<` that begins no complete tag is text. Saying so beforehand spares the parser looking for the tag's end again and again."""
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
_KEPT_LENGTH = 50_000
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


def markdown_of(text: str) -> str:
    """Editor content as Markdown; any other text as it is."""
    if not is_editor_content(text):
        return text
    return _kept(text) if len(text) <= _KEPT_LENGTH else _convert(text)


@lru_cache(maxsize=256)
def _kept(text: str) -> str:
    return _convert(text)


def _convert(text: str) -> str:
    reader = _TreeReader()
    reader.feed(_STRAY.sub("&lt;", _without_comments(text)))
    reader.close()
    _collapse(reader.root)
    return _content(reader.root).lstrip("\t\r\n").rstrip()


def _without_comments(text: str) -> str:
    while (start := text.find("<!--")) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        text = text[:start] + text[end + 3 :]
    return text


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
    output = _Output()
    items = 0
    for child in element.children:
        if isinstance(child, str):
            output.add(child)
        else:
            items += child.tag == "li"
            output.add(_markdown(child, element, items))
    return output.text()


class _Output:
    """Pieces put together: where two bring line ends, the longer run (two at most) stands between them."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._line_ends = 0
        """How many stand at the end so far, and are not among the pieces yet."""

    def add(self, piece: str) -> None:
        body = piece.lstrip("\n")
        line_ends = min(max(self._line_ends, len(piece) - len(body)), 2)
        if not body:
            self._line_ends = line_ends
            return
        trimmed = body.rstrip("\n")
        self._pieces.append("\n" * line_ends + trimmed)
        self._line_ends = len(body) - len(trimmed)

    def text(self) -> str:
        return "".join(self._pieces) + "\n" * self._line_ends


def _markdown(element: _Element, parent: _Element, item: int) -> str:
    """One element. `item` is its number among the items of a list, the first is 1."""
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
        return _list_item(element, parent, content, item)
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


def _list_item(element: _Element, parent: _Element, content: str, item: int) -> str:
    prefix = "*   "
    if parent.tag == "ol":
        start = parent.attributes.get("start", "")
        prefix = f"{(int(start) if start.isdecimal() and len(start) < 10 else 1) + item - 1}.  "
    # A paragraph inside leaves one line end, which the indent turns into a line of blanks between items.
    text = re.sub(r"\n+$", "\n", content.lstrip("\n")).replace("\n", "\n    ")
    return prefix + text + ("" if _last_element(parent) is element or text.endswith("\n") else "\n")


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
