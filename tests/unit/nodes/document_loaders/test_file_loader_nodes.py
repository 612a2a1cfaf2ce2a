"""The loaders that read files."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import orjson
import pytest

from flowisectl.engine import given_files
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput, NotFound
from flowisectl.interfaces.document import Document
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.nodes.document_loaders.csv_file import CsvFile
from flowisectl.nodes.document_loaders.docx_file import DocxFile
from flowisectl.nodes.document_loaders.file_loader import FileLoader
from flowisectl.nodes.document_loaders.folder_files import FolderFiles
from flowisectl.nodes.document_loaders.json_file import JsonFile
from flowisectl.nodes.document_loaders.jsonlines_file import JsonlinesFile
from flowisectl.nodes.document_loaders.pdf_file import PdfFile
from flowisectl.nodes.document_loaders.text_file import TextFile
from flowisectl.retrieval.splitting import CharacterSplitter
from flowisectl.testing import InMemoryBlobs, RecordingTrace, run_context


def uri(content: bytes, name: str = "a.txt") -> str:
    return f"data:text/plain;base64,{base64.b64encode(content).decode()},filename:{name}"


async def build(node: Node, output: str = "document", context: Any = None, **inputs: Any) -> Any:
    return await node.build(NodeInputs(inputs, node_id="loader_0", label="Loader", output=output), context or run_context())


def contents(documents: list[Document]) -> list[str]:
    return [document.page_content for document in documents]


class TestFilesOfAnInput:
    async def test_a_data_uri_holds_the_file(self) -> None:
        documents = await build(TextFile(), txtFile=uri(b"hello, world"))

        assert contents(documents) == ["hello, world"]
        assert documents[0].metadata == {"source": "blob", "blobType": ""}

    async def test_several_files_are_a_list(self) -> None:
        documents = await build(TextFile(), txtFile=orjson.dumps([uri(b"one"), uri(b"two")]).decode())

        assert contents(documents) == ["one", "two"]

    async def test_a_stored_file_is_the_flows(self) -> None:
        blobs = InMemoryBlobs()
        await blobs.write("flow-1", "", "a.txt", b"stored", "text/plain")

        documents = await build(TextFile(), context=run_context(blobs=blobs), txtFile="FILE-STORAGE::a.txt")

        assert contents(documents) == ["stored"]

    async def test_a_file_that_was_uploaded_in_the_chat_is_found_too(self) -> None:
        blobs = InMemoryBlobs()
        await blobs.write("flow-1", "chat-1", "a.txt", b"uploaded", "text/plain")

        documents = await build(TextFile(), context=run_context(blobs=blobs), txtFile='FILE-STORAGE::["a.txt"]')

        assert contents(documents) == ["uploaded"]

    async def test_a_missing_file_is_told(self) -> None:
        with pytest.raises(NotFound):
            await build(TextFile(), txtFile="FILE-STORAGE::gone.txt")

    async def test_no_file_gives_no_documents_and_is_noted_with_the_node(self) -> None:
        trace = RecordingTrace()

        assert await build(TextFile(), context=run_context(trace=trace), txtFile="") == []
        assert "'loader_0' (Loader) has no file" in str(trace.lines)

    @pytest.mark.parametrize("value", ["/etc/passwd", "http://a.test/x", "data:text/plain;base64"])
    def test_other_values_are_refused(self, value: str) -> None:
        with pytest.raises(InvalidFlow, match="neither stored nor a data URI"):
            given_files._inline(value, NodeInputs({}))

    async def test_too_much_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(given_files, "MAX_FILE_BYTES", 10)

        with pytest.raises(InvalidFlow, match="more than 10 bytes"):
            await build(TextFile(), txtFile=uri(b"x" * 11))


class TestWhatLoadersShare:
    async def test_documents_are_split_and_get_the_nodes_metadata(self) -> None:
        splitter = CharacterSplitter(chunk_size=3, chunk_overlap=0, separator=" ")

        documents = await build(
            TextFile(), txtFile=uri(b"one two"), textSplitter=splitter, metadata='{"kind": "x"}', omitMetadataKeys="loc"
        )

        assert contents(documents) == ["one", "two"]
        assert documents[0].metadata == {"source": "blob", "blobType": "", "kind": "x"}

    async def test_a_star_leaves_only_the_nodes_metadata(self) -> None:
        documents = await build(TextFile(), txtFile=uri(b"one"), metadata={"kind": "x"}, omitMetadataKeys="*")

        assert documents[0].metadata == {"kind": "x"}

    @pytest.mark.parametrize(
        ("node", "inputs", "metadata"),
        [
            (CsvFile(), {"csvFile": uri(b"a,b\n1,2\n3,4")}, {"kind": "x", "of": "/id"}),
            (JsonFile(), {"jsonFile": uri(b'[{"id": 7}]'), "separateByObject": True}, {"kind": "x", "of": 7}),
            (JsonlinesFile(), {"jsonlinesFile": uri(b'{"t": "one", "id": 7}'), "pointerName": "t"}, {"kind": "x", "of": 7}),
        ],
    )
    async def test_a_star_leaves_the_nodes_metadata_where_the_loader_merges_it_itself(
        self, node: Node, inputs: dict[str, Any], metadata: dict[str, Any]
    ) -> None:
        documents = await build(node, metadata={"kind": "x", "of": "/id"}, omitMetadataKeys="*", **inputs)

        assert documents[0].metadata == metadata

    async def test_the_output_may_be_text(self) -> None:
        assert await build(TextFile(), "text", txtFile=uri(b"one")) == "one\n"


async def test_text_is_read_as_it_stands_whatever_the_ending_says() -> None:
    documents = await build(TextFile(), txtFile=uri(b'{"a": "b"}', "a.json"))

    assert contents(documents) == ['{"a": "b"}']


async def test_csv_metadata_wins_over_the_nodes() -> None:
    documents = await build(CsvFile(), csvFile=uri(b"a\n1\n2\n"), metadata={"line": "mine", "kind": "x"})

    assert contents(documents) == ["a: 1", "a: 2"]
    assert (documents[0].metadata["line"], documents[0].metadata["kind"]) == (1, "x")


async def test_json_objects_may_be_documents() -> None:
    documents = await build(JsonFile(), jsonFile=uri(b'[{"id": 7, "t": "a"}]'), separateByObject=True, metadata={"key": "/id"})

    assert contents(documents) == ["id: 7\nt: a"]
    assert documents[0].metadata["key"] == 7


async def test_json_texts_are_chosen_by_pointers() -> None:
    assert contents(await build(JsonFile(), jsonFile=uri(b'{"a": "x", "b": "y"}'), pointersName="b")) == ["y"]


async def test_json_lines_need_a_pointer() -> None:
    assert contents(await build(JsonlinesFile(), jsonlinesFile=uri(b'{"t": "a"}\n{"t": "b"}'), pointerName="t")) == ["a", "b"]
    with pytest.raises(MissingInput, match="pointerName"):
        await build(JsonlinesFile(), jsonlinesFile=uri(b"{}"))


async def test_word_files_are_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        archive.writestr("word/document.xml", f'<w:d xmlns:w="{space}"><w:p><w:t>hello</w:t></w:p></w:d>')

    assert contents(await build(DocxFile(), docxFile=uri(buffer.getvalue(), "a.docx"))) == ["hello"]


async def test_a_broken_pdf_is_told() -> None:
    with pytest.raises(InvalidFlow, match=r"'a\.pdf' is no PDF"):
        await build(PdfFile(), pdfFile=uri(b"nothing", "a.pdf"))


class TestFileLoader:
    async def test_the_ending_decides(self) -> None:
        files = orjson.dumps([uri(b"a\n1\n", "t.csv"), uri(b'{"k": "v"}', "t.json"), uri(b"plain", "t.md")]).decode()

        assert contents(await build(FileLoader(), file=files)) == ["a: 1", "v", "plain"]

    async def test_a_file_may_come_under_the_name_of_another_loader(self) -> None:
        assert contents(await build(FileLoader(), csvFile=uri(b"a\n1\n", "t.csv"))) == ["a: 1"]


class TestFolder:
    async def test_known_files_are_read_by_name(self, tmp_path: Path) -> None:
        (tmp_path / "b.md").write_text("second")
        (tmp_path / "a.txt").write_text("first")
        (tmp_path / "c.png").write_bytes(b"\x89PNG")
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "d.txt").write_text("deeper")

        flat = await build(FolderFiles(), folderPath=str(tmp_path), recursive=False)
        deep = await build(FolderFiles(), folderPath=str(tmp_path), recursive=True)

        assert contents(flat) == ["first", "second"]
        assert contents(deep) == ["first", "second", "deeper"]
        assert flat[0].metadata["source"] == str(tmp_path / "a.txt")

    async def test_links_are_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "inside").mkdir()
        (tmp_path / "secret.txt").write_text("secret")
        (tmp_path / "inside" / "link.txt").symlink_to(tmp_path / "secret.txt")

        assert await build(FolderFiles(), folderPath=str(tmp_path / "inside"), recursive=True) == []

    async def test_paths_that_lead_upwards_and_missing_folders_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidFlow, match="not allowed"):
            await build(FolderFiles(), folderPath=f"{tmp_path}/../x", recursive=False)
        with pytest.raises(MissingInput, match="no folder"):
            await build(FolderFiles(), folderPath=str(tmp_path / "gone"), recursive=False)


class TestMicrosoftFiles:
    async def test_rows_of_a_workbook_are_documents(self) -> None:
        book = openpyxl.Workbook()
        for row in (("item", "price"), ("tea", 2), ("ink", 4)):
            book.active.append(row)
        buffer = io.BytesIO()
        book.save(buffer)

        documents = await build(load_catalogue().get("microsoftExcel"), excelFile=uri(buffer.getvalue(), "a.xlsx"))

        assert contents(documents) == ["item: tea\nprice: 2", "item: ink\nprice: 4"]
        assert documents[0].metadata["source"] == "blob"

    @pytest.mark.parametrize(
        ("node", "field", "part", "namespace", "tag"),
        [
            ("microsoftWord", "docxFile", "word/document.xml", "wordprocessingml/2006", "t"),
            ("microsoftPowerpoint", "powerpointFile", "ppt/slides/slide1.xml", "drawingml/2006", "t"),
        ],
    )
    async def test_texts_of_other_files_are_read(self, node: str, field: str, part: str, namespace: str, tag: str) -> None:
        text = f'<x xmlns="http://schemas.openxmlformats.org/{namespace}/main"><p><r><{tag}>Hello</{tag}></r></p></x>'
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(part, text)

        documents = await build(load_catalogue().get(node), **{field: uri(buffer.getvalue(), "a.bin")})

        assert contents(documents) == ["Hello"]


def book(**parts: str) -> bytes:
    """An EPUB whose spine has the second chapter first."""
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a" href="a%20b.xhtml"/><item id="c" href="c.xhtml"/></manifest>'
        '<spine><itemref idref="c"/><itemref idref="a"/><itemref idref="lost"/></spine></package>'
    )
    container = '<container><rootfiles><rootfile full-path="OPS/p.opf"/></rootfiles></container>'
    whole = {
        "META-INF/container.xml": container,
        "OPS/p.opf": package,
        "OPS/a b.xhtml": "<html><head><title>End</title></head><body><p>So it ends.</p></body></html>",
        "OPS/c.xhtml": "<html><body><p>It begins.</p></body></html>",
        **parts,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in whole.items():
            archive.writestr(name, text)
    return buffer.getvalue()


class TestEpub:
    async def test_chapters_come_in_the_order_of_the_book(self) -> None:
        chapters = await build(load_catalogue().get("epubFile"), epubFile=uri(book(), "b.epub"))
        whole = await build(load_catalogue().get("epubFile"), epubFile=uri(book(), "b.epub"), usage="perFile")

        assert [(chapter.page_content, chapter.metadata.get("chapter")) for chapter in chapters] == [
            ("It begins.", None),
            ("So it ends.", "End"),
        ]
        assert contents(whole) == ["It begins.\n\nSo it ends."]

    @pytest.mark.parametrize("data", [b"no zip", book(**{"META-INF/container.xml": "<container/>"}), book(**{"OPS/p.opf": "<package>"})])
    async def test_a_file_that_is_no_book_is_told(self, data: bytes) -> None:
        with pytest.raises(InvalidFlow, match=r"'b\.epub' is no EPUB file that can be read"):
            await build(load_catalogue().get("epubFile"), epubFile=uri(data, "b.epub"))
