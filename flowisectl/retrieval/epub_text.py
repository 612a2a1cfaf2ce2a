"""The text of EPUB books: zip archives of XHTML chapters in the order of their spine (https://www.w3.org/TR/epub-33/)."""

from __future__ import annotations

import io
import posixpath
import zipfile
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped]

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.retrieval.web_page import read_page

MAX_UNPACKED_BYTES = 300_000_000
_CONTAINER = "META-INF/container.xml"
_BROKEN = (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, ValueError, EOFError, NotImplementedError, RuntimeError, OSError)


def epub_documents(data: bytes, *, per_chapter: bool = True, name: str = "") -> list[Document]:
    """One document for each chapter with text, or one for the whole book. Raises InvalidFlow for a file that cannot be read.

    Metadata: `chapter`, the chapter's title where it has one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise InvalidFlow(f"file {name!r} unpacks to more than {MAX_UNPACKED_BYTES} bytes: split it")
            pages = [read_page(archive.read(path).decode("utf-8", "replace"), "") for path in _chapters(archive)]
    except _BROKEN as error:
        raise InvalidFlow(f"file {name!r} is no EPUB file that can be read: {error or type(error).__name__}") from error
    found = [page for page in pages if page.text.strip()]
    if not per_chapter:
        return [Document(page_content="\n\n".join(page.text for page in found))] if found else []
    return [Document(page_content=page.text, metadata={"chapter": page.title} if page.title else {}) for page in found]


def _chapters(archive: zipfile.ZipFile) -> list[str]:
    """The paths of the chapters, as the package's spine orders them."""
    file = _parsed(archive.read(_CONTAINER)).find(".//{*}rootfile")
    package = "" if file is None else file.get("full-path") or ""
    root = _parsed(archive.read(package))
    items = {item.get("id"): item.get("href") for item in root.iterfind(".//{*}manifest/{*}item")}
    places = [items[entry.get("idref")] for entry in root.iterfind(".//{*}spine/{*}itemref") if entry.get("idref") in items]
    return [posixpath.normpath(posixpath.join(posixpath.dirname(package), unquote(place))) for place in places if place]


def _parsed(data: bytes) -> etree._Element:
    # No entities and no addresses outside: a book's table of contents needs neither.
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    if root is None:
        raise ValueError("it has an empty part")
    return root
