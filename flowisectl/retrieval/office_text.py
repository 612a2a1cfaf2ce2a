"""The text of Office files (`.docx`, `.pptx`, `.xlsx`): zip archives of XML parts (ECMA-376)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import openpyxl  # type: ignore[import-untyped]
from lxml import etree  # type: ignore[import-untyped]

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document

MAX_UNPACKED_BYTES = 300_000_000
"""Of all parts together; more is an archive made to fill the memory. `zipfile` reads no more of a part than it declares."""
MAX_CELLS = 5_000_000
MAX_ROWS = 1_200_000
"""Of all sheets together, empty ones included: a sheet may claim to go on at row two billion."""
MAX_TAGS = 3_000_000
"""Of one part that becomes a tree: an element takes a hundred bytes and more, and `<a/>` packs a thousand times."""
MAX_SHEET_TAGS = 15_000_000
"""Of one part of a workbook, whose cells are read one after the other."""
MAX_STRINGS = 1_500_000
"""Texts that cells share; all are in memory."""

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_BREAKS = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n", f"{_WORD}cr": "\n", f"{_DRAWING}br": "\n"}
_SHARED_STRING = re.compile(rb"si[\s/>]")
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml$")
_BROKEN = (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, ValueError, EOFError, NotImplementedError, RuntimeError, OSError, TypeError)


def docx_documents(data: bytes, *, name: str = "") -> list[Document]:
    """One document: the paragraphs, an empty line between them. Raises InvalidFlow for a file that cannot be read."""
    try:
        with _archive(data, name) as archive:
            paragraphs = _paragraphs(_part(archive, "word/document.xml", name), f"{_WORD}p", f"{_WORD}t")
            return [Document(page_content="\n\n".join(paragraphs))]
    except _BROKEN as error:
        raise _unreadable(name, "DOCX", error) from error


def pptx_documents(data: bytes, *, name: str = "") -> list[Document]:
    """One document for each slide with text. Raises InvalidFlow for a file that cannot be read."""
    try:
        with _archive(data, name) as archive:
            slides = sorted((int(found[1]), part) for part in archive.namelist() if (found := _SLIDE.match(part)))
            texts = [
                (number, "\n".join(_paragraphs(_part(archive, part, name), f"{_DRAWING}p", f"{_DRAWING}t"))) for number, part in slides
            ]
    except _BROKEN as error:
        raise _unreadable(name, "PPTX", error) from error
    return [Document(page_content=text, metadata={"slideNumber": number}) for number, text in texts if text.strip()]


def xlsx_documents(data: bytes, *, name: str = "") -> list[Document]:
    """One document for each row below a sheet's first: `column: value` lines. Metadata: `worksheet`, `rowNum`.

    Raises InvalidFlow for a file that cannot be read.
    """
    try:
        with _archive(data, name) as archive:
            _check_workbook(archive, name)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            return list(_rows(book, name))
        finally:
            book.close()
    except InvalidFlow:
        raise
    except Exception as error:  # the library lets whatever broken XML causes through
        raise _unreadable(name, "XLSX", error) from error


def _rows(book: openpyxl.Workbook, name: str) -> Iterator[Document]:
    cells = rows = 0
    for sheet in book.worksheets:
        titles: list[str] | None = None
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells += len(row)
            rows += 1
            if rows > MAX_ROWS:
                raise InvalidFlow(f"file {name!r} has more than {MAX_ROWS} rows: split it")
            if cells > MAX_CELLS:
                raise InvalidFlow(f"file {name!r} has more than {MAX_CELLS} cells: split it")
            if titles is None:
                titles = [str(value) if value is not None else f"_{place}" for place, value in enumerate(row)]
                continue
            lines = [f"{title}: {value}" for title, value in zip(titles, row, strict=False) if value is not None]
            if lines:
                yield Document(page_content="\n".join(lines), metadata={"worksheet": sheet.title, "rowNum": number})


def _archive(data: bytes, name: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as error:
        raise _unreadable(name, "Office", error) from error
    if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_BYTES:
        archive.close()
        raise InvalidFlow(f"file {name!r} unpacks to more than {MAX_UNPACKED_BYTES} bytes: split it")
    return archive


def _part(archive: zipfile.ZipFile, part: str, name: str) -> bytes:
    """One part that becomes a tree."""
    data = archive.read(part)
    # Attributes take as much as elements.
    if data.count(b"<") > MAX_TAGS or data.count(b"=") > 2 * MAX_TAGS:
        raise InvalidFlow(f"file {name!r} has more than {MAX_TAGS} elements in {part}: split it")
    return data


def _check_workbook(archive: zipfile.ZipFile, name: str) -> None:
    """Any part may be a sheet or the shared texts: the archive itself says which."""
    for part in archive.infolist():
        data = archive.read(part)
        tags = data.count(b"<")
        if tags > MAX_SHEET_TAGS or data.count(b"=") > 2 * MAX_SHEET_TAGS:
            raise InvalidFlow(f"file {name!r} has more than {MAX_SHEET_TAGS} elements in {part.filename}: split it")
        if tags > MAX_STRINGS and sum(1 for _ in _SHARED_STRING.finditer(data)) > 2 * MAX_STRINGS:
            raise InvalidFlow(f"file {name!r} has more than {MAX_STRINGS} different texts: split it")


def _paragraphs(part: bytes, paragraph: str, run: str) -> list[str]:
    # No entities and no addresses outside: a document needs neither.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(part, parser)
    texts: list[str] = []
    for item in root.iter(paragraph):
        pieces = [_BREAKS.get(piece.tag, piece.text or "") for piece in item.iter(run, *_BREAKS)]
        texts.append("".join(pieces))
    return texts


def _unreadable(name: str, kind: str, error: Exception) -> InvalidFlow:
    if isinstance(error, InvalidFlow):
        return error
    return InvalidFlow(f"file {name!r} is no {kind} file that can be read: {error or type(error).__name__}")
