"""What a web page says: its text, its links, the same in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag
from soupsieve import SelectorSyntaxError

from flowisectl.errors import InvalidFlow

MAX_LINKS = 10_000
_SILENT = ("script", "style", "noscript", "template")
_BLANKS = re.compile(r"[ \t\f\v]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_LOCATION = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*(.*?)\s*(?:\]\]>)?\s*</loc>", re.DOTALL)
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_BLOCKS = frozenset(("p", "div", "section", "article", "main", "header", "footer", "nav", "aside", "table", "tr", "form", "dl", "figure"))
_MAX_NESTING = 150


@dataclass(frozen=True, kw_only=True)
class WebPage:
    url: str
    title: str
    description: str
    text: str
    """The body's text; blanks between words are single."""
    links: tuple[str, ...]
    """Addresses that the page links to, whole and without fragment, in order, each once."""


def read_page(html: str, url: str) -> WebPage:
    """This takes a while for a large page: call it from a thread."""
    soup = _soup(html)
    base = soup.find("base", href=True)
    start = urljoin(url, str(base["href"])) if isinstance(base, Tag) else url
    description = soup.find("meta", attrs={"name": "description"})
    links = [link for tag in soup.find_all("a", href=True, limit=MAX_LINKS) if (link := _link(start, str(tag["href"])))]
    return WebPage(
        url=url,
        title=soup.title.get_text().strip() if soup.title else "",
        description=str(description.get("content") or "").strip() if isinstance(description, Tag) else "",
        text=_tidy(_text_of(soup)),
        links=tuple(dict.fromkeys(links)),
    )


def selected_text(html: str, selector: str = "body") -> str:
    """The text of everything that a CSS selector finds. Raises InvalidFlow for a selector that cannot be read."""
    soup = _soup(html)
    try:
        found = soup.select(selector)
    except SelectorSyntaxError as error:
        raise InvalidFlow(f"{selector!r} is no CSS selector: {error}") from error
    return "".join(tag.get_text() for tag in found)


def sitemap_addresses(xml: str) -> list[str]:
    """The addresses that a sitemap lists (https://www.sitemaps.org/protocol.html)."""
    return [address.replace("&amp;", "&") for address in _LOCATION.findall(xml)]


def same_site(url: str, other: str) -> bool:
    return (urlsplit(url).hostname or "").removeprefix("www.") == (urlsplit(other).hostname or "").removeprefix("www.")


def to_markdown(html: str) -> str:
    """Headings, paragraphs, lists, tables, links, emphasis, code and quotes as Markdown; everything else as its text."""
    soup = _soup(html)
    text = "".join(_markdown(child, 0) for child in (soup.body or soup).children)
    lines = [line.rstrip() for line in text.split("\n")]
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _soup(html: str) -> BeautifulSoup:
    soup = BeautifulSoup(html, "lxml")
    for tag in soup.find_all(_SILENT):
        tag.decompose()
    return soup


def _text_of(soup: BeautifulSoup) -> str:
    return (soup.body or soup).get_text(separator="\n")


def _tidy(text: str) -> str:
    lines = [_BLANKS.sub(" ", line).strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line)


def _link(start: str, address: str) -> str:
    try:
        whole = urldefrag(urljoin(start, address.strip())).url
        return whole if urlsplit(whole).scheme in ("http", "https") else ""
    except ValueError:  # an address that cannot be read leads nowhere
        return ""


def _markdown(element: PageElement, depth: int) -> str:
    if isinstance(element, PreformattedString):  # comments, declarations
        return ""
    if isinstance(element, NavigableString):
        return _BLANKS.sub(" ", str(element).replace("\n", " "))
    if not isinstance(element, Tag):
        return ""
    if depth > _MAX_NESTING:
        return element.get_text(" ")
    if element.name == "pre":
        return f"\n\n```\n{element.get_text().strip(chr(10))}\n```\n\n"
    if element.name in ("ul", "ol"):
        return "\n\n" + "".join(_items(element, depth)) + "\n\n"
    if element.name == "table":
        return "\n\n" + "".join(_table_lines(element, depth)) + "\n\n"
    inner = "".join(_markdown(child, depth + 1) for child in element.children)
    return _wrapped(element, inner)


def _wrapped(element: Tag, inner: str) -> str:
    name, text = element.name, inner.strip()
    if name == "br":
        return "\n"
    if name == "hr":
        return "\n\n---\n\n"
    if name == "img":
        return f"![{element.get('alt') or ''}]({element.get('src') or ''})"
    if not text:
        return inner
    if name in _HEADINGS:
        return f"\n\n{_HEADINGS[name]} {text}\n\n"
    if name == "a" and element.get("href"):
        return f"[{text}]({element['href']})"
    if name in ("strong", "b"):
        return f"**{text}**"
    if name in ("em", "i"):
        return f"_{text}_"
    if name == "code":
        return f"`{text}`"
    if name == "blockquote":
        return "\n\n" + "\n".join(f"> {line}" for line in text.splitlines()) + "\n\n"
    return f"\n\n{text}\n\n" if name in _BLOCKS else inner


def _table_lines(table: Tag, depth: int) -> Iterator[str]:
    """The rows of a table, the first one as its head. Tables inside of it are text."""
    for number, row in enumerate(row for row in table.find_all("tr") if row.find_parent("table") is table):
        cells = [cell for cell in row.find_all(("td", "th"), recursive=False) if isinstance(cell, Tag)]
        texts = [" ".join("".join(_markdown(part, depth + 1) for part in cell.children).split()).replace("|", "\\|") for cell in cells]
        yield f"| {' | '.join(texts)} |\n"
        if number == 0:
            yield "|" + " - |" * len(texts) + "\n"


def _items(element: Tag, depth: int) -> Iterator[str]:
    number = 0
    for child in element.children:
        if not isinstance(child, Tag):
            continue
        number += 1
        mark = f"{number}. " if element.name == "ol" else "* "
        inner = "".join(_markdown(part, depth + 1) for part in child.children)
        lines = [line for line in _EMPTY_LINES.sub("\n\n", inner).strip().split("\n") if line.strip()]
        yield mark + "\n    ".join(lines) + "\n"
