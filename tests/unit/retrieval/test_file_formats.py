"""Files of many kinds → documents."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.file import NamedFile
from flowisectl.retrieval import office_text
from flowisectl.retrieval.file_formats import FormatOptions, decoded, ending_of, file_documents, load_file
from flowisectl.retrieval.json_documents import json_documents, jsonl_documents
from flowisectl.retrieval.tables import csv_documents

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def pdf(*pages: str) -> bytes:
    writer = PdfWriter()
    for text in pages:
        page = writer.add_blank_page(300, 300)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})})
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({"/Title": "Flows"})
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def archive(**parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name.replace("__", "/") + ".xml", text)
    return buffer.getvalue()


def docx(*paragraphs: str) -> bytes:
    inner = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return archive(word__document=f'<w:document xmlns:w="{WORD}"><w:body>{inner}</w:body></w:document>')


def xlsx(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


class TestPdf:
    def test_a_page_is_a_document(self) -> None:
        documents = file_documents(NamedFile(name="a.pdf", data=pdf("First page", "Second page")))

        assert [document.page_content.strip() for document in documents] == ["First page", "Second page"]
        assert documents[1].metadata["loc"] == {"pageNumber": 2}
        assert documents[0].metadata["pdf"]["totalPages"] == 2
        assert documents[0].metadata["pdf"]["info"]["Title"] == "Flows"
        assert documents[0].metadata["source"] == "blob"

    def test_a_file_may_be_one_document(self) -> None:
        documents = file_documents(NamedFile(name="a.pdf", data=pdf("One", "Two")), FormatOptions(pdf_per_page=False))

        assert len(documents) == 1
        assert documents[0].page_content.split() == ["One", "Two"]
        assert "loc" not in documents[0].metadata

    @pytest.mark.parametrize("data", [b"", b"no pdf", pdf("x")[:200]])
    def test_a_broken_file_is_told_by_its_name(self, data: bytes) -> None:
        with pytest.raises(InvalidFlow, match=r"'a\.pdf' is no PDF"):
            file_documents(NamedFile(name="a.pdf", data=data))


class TestOffice:
    def test_paragraphs_of_a_word_file_have_an_empty_line_between_them(self) -> None:
        documents = file_documents(NamedFile(name="a.docx", data=docx("One", "Two &amp; three")))

        assert [document.page_content for document in documents] == ["One\n\nTwo & three"]

    def test_slides_come_in_the_order_of_their_numbers(self) -> None:
        def slide(text: str) -> str:
            return f'<s xmlns:a="{DRAWING}"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></s>'

        data = archive(**{"ppt__slides__slide10": slide("ten"), "ppt__slides__slide2": slide("two")})

        documents = file_documents(NamedFile(name="a.pptx", data=data))

        assert [(document.page_content, document.metadata["slideNumber"]) for document in documents] == [("two", 2), ("ten", 10)]

    def test_a_row_of_a_sheet_is_a_document(self) -> None:
        documents = file_documents(NamedFile(name="a.xlsx", data=xlsx(("name", "size"), ("x", 1), (None, None), ("y", 2))))

        assert [document.page_content for document in documents] == ["name: x\nsize: 1", "name: y\nsize: 2"]
        assert documents[1].metadata["rowNum"] == 4

    def test_an_archive_that_unpacks_to_too_much_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(office_text, "MAX_UNPACKED_BYTES", 1000)

        with pytest.raises(InvalidFlow, match="unpacks to more than 1000 bytes"):
            file_documents(NamedFile(name="bomb.docx", data=docx("a" * 5000)))

    def test_entities_are_not_expanded(self) -> None:
        evil = (
            f'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/hostname">]><w:document xmlns:w="{WORD}"><w:p><w:t>a&e;b</w:t></w:p></w:document>'
        )

        documents = file_documents(NamedFile(name="a.docx", data=archive(word__document=evil)))

        assert documents[0].page_content in ("a", "ab")

    @pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx"])
    def test_a_broken_file_is_told_by_its_name(self, name: str) -> None:
        with pytest.raises(InvalidFlow, match=f"'{name}' is no"):
            file_documents(NamedFile(name=name, data=b"PK\x03\x04 broken"))

    def test_old_formats_say_what_to_do(self) -> None:
        with pytest.raises(InvalidFlow, match=r"save it as \.docx"):
            file_documents(NamedFile(name="a.doc", data=b""))


class TestTables:
    def test_a_row_is_a_document_of_lines(self) -> None:
        documents = csv_documents('name,age\nAnn,"4,2"\nBob, 7 \n')

        assert [document.page_content for document in documents] == ["name: Ann\nage: 4,2", "name: Bob\nage: 7"]
        assert [document.metadata for document in documents] == [{"line": 1}, {"line": 2}]

    def test_one_row_has_no_number(self) -> None:
        assert csv_documents("a\n1\n")[0].metadata == {}

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_the_delimiter_is_found(self, delimiter: str) -> None:
        documents = csv_documents(f"a{delimiter}b\n1{delimiter}2\n")

        assert documents[0].page_content == "a: 1\nb: 2"

    def test_one_column_may_be_chosen(self) -> None:
        assert [document.page_content for document in csv_documents("a,b\n1,2\n3,4\n", column="b")] == ["2", "4"]
        with pytest.raises(InvalidFlow, match="no column 'c'; it has: a, b"):
            csv_documents("a,b\n1,2\n", column="c")

    def test_a_title_may_be_blank(self) -> None:
        assert csv_documents(",b\n1,2\n")[0].page_content == "_0: 1\nb: 2"


class TestJson:
    DATA = '{"title": "T", "body": {"text": "B", "n": 1}, "list": ["x"]}'

    def test_every_text_is_a_document(self) -> None:
        assert [document.page_content for document in json_documents(self.DATA)] == ["T", "B", "x"]

    def test_pointers_name_the_texts_to_take(self) -> None:
        assert [document.page_content for document in json_documents(self.DATA, pointers="body, list")] == ["B", "x"]

    def test_an_object_may_be_a_document_and_metadata_may_point_into_it(self) -> None:
        documents = json_documents('[{"a": 1, "b": {"c": "x"}}, {"a": [2]}]', by_object=True, metadata={"key": "/b/c", "k": "v"})

        assert [document.page_content for document in documents] == ["a: 1\nb.c: x", "a: [2]"]
        assert documents[0].metadata == {"line": 1, "key": "x", "k": "v"}
        assert documents[1].metadata == {"line": 2, "k": "v"}

    def test_an_object_that_stands_alone_has_no_line(self) -> None:
        assert [document.metadata for document in json_documents('{"a": 1}', by_object=True)] == [{}]

    def test_lines_are_read_at_a_pointer(self) -> None:
        documents = jsonl_documents('{"t": "a", "id": 7}\n\n{"t": "b"}\n', pointer="t", metadata={"id": "/id"})

        assert [document.page_content for document in documents] == ["a", "b"]
        assert (documents[0].metadata["id"], documents[1].metadata["line"]) == (7, 3)

    def test_a_broken_line_is_told_by_its_number(self) -> None:
        with pytest.raises(InvalidFlow, match=r"a\.jsonl, line 2"):
            jsonl_documents('{"t": "a"}\n{', pointer="t", name="a.jsonl")

    def test_data_that_is_nested_too_deep_is_refused(self) -> None:
        with pytest.raises(InvalidFlow, match="is no JSON"):
            json_documents("[" * 5000 + "]" * 5000)


class TestAnyFile:
    @pytest.mark.parametrize(
        ("name", "media_type", "ending"),
        [
            ("a.PDF", "", "pdf"),
            ("a", "application/pdf", "pdf"),
            ("a", "text/csv; charset=utf-8", "csv"),
            ("a", "", "txt"),
            ("a.py", "x", "py"),
        ],
    )
    def test_the_ending_decides_then_the_media_type(self, name: str, media_type: str, ending: str) -> None:
        assert ending_of(NamedFile(name=name, data=b"", media_type=media_type)) == ending

    def test_unknown_endings_are_text(self) -> None:
        assert file_documents(NamedFile(name="a.xyz", data="ä".encode()))[0].page_content == "ä"

    @pytest.mark.parametrize("data", ["ä".encode(), "ä".encode("utf-16"), "ä".encode("latin-1"), b"\xef\xbb\xbf\xc3\xa4"])
    def test_text_may_be_in_several_character_sets(self, data: bytes) -> None:
        assert decoded(data) == "ä"

    async def test_reading_happens_in_a_thread(self) -> None:
        documents = await load_file(NamedFile(name="a.csv", data=b"a\n1\n"))

        assert documents[0].page_content == "a: 1"
