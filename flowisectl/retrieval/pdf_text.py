"""The text of PDF files, page by page."""

from __future__ import annotations

import io
import time
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document

MAX_PAGES = 10_000
MAX_CHARACTERS = 50_000_000
"""Of one file's text; more is a file made to fill the memory."""
MAX_SECONDS = 120.0
"""For one file, looked at between pages: a small file can have many pages that all draw the same long content."""


def pdf_documents(data: bytes, *, per_page: bool = True, name: str = "") -> list[Document]:
    """One document for each page with text, or one for the whole file.

    Metadata: `pdf: {version, info, metadata, totalPages}` and, for pages, `loc: {pageNumber}`. This takes a while for a large
    file: call it from a thread. Raises InvalidFlow for a file that cannot be read.
    """
    try:
        return _read(data, per_page, name)
    except (PyPdfError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, OSError) as error:
        # Broken files make the library stumble in many ways.
        raise InvalidFlow(f"file {name!r} is no PDF that can be read: {error or type(error).__name__}") from error


def _read(data: bytes, per_page: bool, name: str) -> list[Document]:
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise InvalidFlow(f"file {name!r} is protected by a password: store it without one")
    total = len(reader.pages)
    if total > MAX_PAGES:
        raise InvalidFlow(f"file {name!r} has {total} pages; at most {MAX_PAGES} are read")
    about = {"version": "pypdf", "info": _info(reader), "metadata": None, "totalPages": total}
    pages: list[Document] = []
    characters, started = 0, time.monotonic()
    for number, page in enumerate(reader.pages, start=1):
        text = page.extract_text()
        if time.monotonic() - started >= MAX_SECONDS:
            raise InvalidFlow(f"file {name!r} takes longer than {MAX_SECONDS:g} s to read (page {number} of {total}): split it")
        characters += len(text)
        if characters > MAX_CHARACTERS:
            raise InvalidFlow(f"file {name!r} holds more than {MAX_CHARACTERS} characters: split it")
        if text.strip():
            pages.append(Document(page_content=text, metadata={"pdf": about, "loc": {"pageNumber": number}}))
    if per_page or not pages:
        return pages
    return [Document(page_content="\n\n".join(page.page_content for page in pages), metadata={"pdf": about})]


def _info(reader: PdfReader) -> dict[str, Any]:
    """The file's own description, with the names as the format has them (`Title`, `Producer` …)."""
    found = {str(key).lstrip("/"): str(value) for key, value in (reader.metadata or {}).items()}
    return {"PDFFormatVersion": reader.pdf_header.removeprefix("%PDF-"), **found}
