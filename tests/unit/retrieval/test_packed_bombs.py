"""Small files that unpack to very much: each is refused by a count, before it fills memory or time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped]
from pypdf import PdfWriter

from flowisectl.errors import InvalidFlow
from flowisectl.retrieval import office_text, pdf_text
from flowisectl.retrieval.file_formats import NamedFile, file_documents

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OPENING, CLOSING = f'<w:document xmlns:w="{WORD}"><w:body>'.encode(), b"</w:body></w:document>"


def packed(parts: dict[str, Iterable[bytes]]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in parts.items():
            with archive.open(name, "w") as part:
                for piece in pieces:
                    part.write(piece)
    return file.getvalue()


def workbook(changes: dict[str, bytes]) -> bytes:
    """A workbook of one row whose parts are replaced."""
    book, file = Workbook(), io.BytesIO()
    book.active.append(["title", "other"])
    book.active.append(["x", 1])
    book.save(file)
    with zipfile.ZipFile(file) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    return packed({name: [data] for name, data in {**parts, **changes}.items()})


def sheet(rows: bytes) -> bytes:
    return f'<worksheet xmlns="{SHEET}"><sheetData>'.encode() + rows + b"</sheetData></worksheet>"


def read(name: str, data: bytes) -> list[str]:
    return [document.page_content for document in file_documents(NamedFile(name=name, data=data))]


def test_forty_million_elements_in_a_small_word_file_are_refused() -> None:
    bomb = packed({"word/document.xml": [OPENING, *[b"<w:p/>" * 1_000_000] * 40, CLOSING]})

    assert len(bomb) < 1_000_000
    with pytest.raises(InvalidFlow, match=r"more than 3000000 elements in word/document\.xml"):
        read("bomb.docx", bomb)


@pytest.mark.parametrize(
    ("name", "part", "content"),
    [
        ("a.docx", "word/document.xml", OPENING + b"<w:p/>" * 200 + CLOSING),
        ("a.docx", "word/document.xml", OPENING + b"<w:p " + b" ".join(b'a%d="x"' % n for n in range(300)) + b"/>" + CLOSING),
        ("a.pptx", "ppt/slides/slide1.xml", b"<s>" + b"<a/>" * 200 + b"</s>"),
    ],
    ids=["elements", "attributes", "slide"],
)
def test_parts_that_become_trees_are_counted_first(monkeypatch: pytest.MonkeyPatch, name: str, part: str, content: bytes) -> None:
    monkeypatch.setattr(office_text, "MAX_TAGS", 100)

    with pytest.raises(InvalidFlow, match=f"'{name}' has more than 100 elements"):
        read(name, packed({part: [content]}))


def test_archives_that_say_less_than_they_hold_are_refused() -> None:
    data = bytearray(packed({"word/document.xml": [OPENING, b"<w:p/>" * 1000, CLOSING]}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (10).to_bytes(4, "little")  # the unpacked size in the central directory

    with pytest.raises(InvalidFlow, match=r"'a\.docx' is no DOCX file"):
        read("a.docx", bytes(data))


def test_an_archive_within_an_archive_is_not_opened() -> None:
    inner = packed({"word/document.xml": [OPENING, CLOSING]})

    with pytest.raises(InvalidFlow):
        read("a.docx", packed({"inner.docx": [inner]}))
    assert read("a.zip", inner)[0].startswith("PK")  # a kind that is not known is text, never unpacked


def test_a_workbook_reads_as_long_as_it_is_one() -> None:
    assert read("a.xlsx", workbook({})) == ["title: x\nother: 1"]


def test_a_row_two_billions_down_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_text, "MAX_ROWS", 10_000)
    far = sheet(b'<row r="1"><c r="A1"><v>1</v></c></row><row r="2000000000"><c r="A2000000000"><v>2</v></c></row>')

    with pytest.raises(InvalidFlow, match="more than 10000 rows"):
        read("a.xlsx", workbook({"xl/worksheets/sheet1.xml": far}))


def test_rows_without_cells_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_text, "MAX_ROWS", 50)

    with pytest.raises(InvalidFlow, match="more than 50 rows"):
        read("a.xlsx", workbook({"xl/worksheets/sheet1.xml": sheet(b"<row/>" * 100)}))


def test_cells_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_text, "MAX_CELLS", 1000)
    wide = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (number, number) for number in (1, 2))

    with pytest.raises(InvalidFlow, match="more than 1000 cells"):
        read("a.xlsx", workbook({"xl/worksheets/sheet1.xml": sheet(wide)}))


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/anything.bin"])
def test_elements_of_every_part_of_a_workbook_are_counted(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setattr(office_text, "MAX_SHEET_TAGS", 1000)

    with pytest.raises(InvalidFlow, match="more than 1000 elements"):
        read("a.xlsx", workbook({part: sheet(b"<x/>" * 2000)}))


def test_shared_texts_of_a_workbook_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_text, "MAX_STRINGS", 100)

    with pytest.raises(InvalidFlow, match="more than 100 different texts"):
        read("a.xlsx", workbook({"xl/sharedStrings.xml": f'<sst xmlns="{SHEET}">'.encode() + b"<si/>" * 300 + b"</sst>"}))


def laughs(end: str) -> bytes:
    entities = '<!ENTITY a "ha">' + "".join(f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 10}">' for level in range(12))
    return f"<!DOCTYPE x [{entities}]>{end}".encode()


def test_entities_that_multiply_are_not_expanded() -> None:
    word = laughs(f'<w:document xmlns:w="{WORD}"><w:p><w:t>&m;</w:t></w:p></w:document>')
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>&m;</t></is></c></row>'
    cells = laughs(f'<worksheet xmlns="{SHEET}"><sheetData>{rows}</sheetData></worksheet>')

    with pytest.raises(InvalidFlow):
        read("a.docx", packed({"word/document.xml": [word]}))
    with pytest.raises(InvalidFlow):
        read("a.xlsx", workbook({"xl/worksheets/sheet1.xml": cells}))


def pdf(pages: int) -> bytes:
    writer, file = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(10, 10)
    writer.write(file)
    return file.getvalue()


def test_pages_of_a_pdf_are_counted_and_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "MAX_PAGES", 2)
    with pytest.raises(InvalidFlow, match="has 3 pages; at most 2"):
        read("a.pdf", pdf(3))

    monkeypatch.setattr(pdf_text, "MAX_SECONDS", 0.0)
    with pytest.raises(InvalidFlow, match=r"takes longer than 0 s to read \(page 1 of 2\)"):
        read("a.pdf", pdf(2))
