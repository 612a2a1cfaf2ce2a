"""A file of any kind → documents, by its name's ending or its media type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import MAX_FILE_BYTES, NamedFile
from flowisectl.retrieval.child_work import LARGE_BYTES, in_child
from flowisectl.retrieval.json_documents import json_documents, jsonl_documents
from flowisectl.retrieval.long_work import in_thread
from flowisectl.retrieval.tables import csv_documents

PACKED = 12
"""So many times the work of its size is in a file that has to be unpacked and interpreted."""
_PLAIN = frozenset({"txt", "md", "csv", "json", "jsonl", "html", "xml"})
_OLD = {"doc": "docx", "xls": "xlsx", "ppt": "pptx"}
_OFFICE = "application/vnd.openxmlformats-officedocument"
_ENDING_OF_TYPE = {
    "application/pdf": "pdf",
    f"{_OFFICE}.wordprocessingml.document": "docx",
    f"{_OFFICE}.spreadsheetml.sheet": "xlsx",
    f"{_OFFICE}.presentationml.presentation": "pptx",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "text/csv": "csv",
    "application/json": "json",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
}


@dataclass(frozen=True, kw_only=True)
class FormatOptions:
    pdf_per_page: bool = True
    pointer: str = ""
    """The member that lines of a JSON Lines file are read at; without one a line is taken as it is."""
    column: str = ""


_DEFAULTS = FormatOptions()


def ending_of(file: NamedFile) -> str:
    """The ending in lower case without its dot; the media type decides where the name has none."""
    ending = PurePath(file.name).suffix.removeprefix(".").lower()
    return ending or _ENDING_OF_TYPE.get(file.media_type.partition(";")[0].strip().lower(), "txt")


def file_documents(file: NamedFile, options: FormatOptions = _DEFAULTS) -> list[Document]:
    """The documents of one file; endings that are not known count as text. Metadata begins with `source` and `blobType`.

    This takes a while for a large file: call it from a thread. Raises InvalidFlow for a file that cannot be read.
    """
    if len(file.data) > MAX_FILE_BYTES:
        raise InvalidFlow(f"file {file.name!r} has {len(file.data)} bytes; at most {MAX_FILE_BYTES} are read")
    ending = ending_of(file)
    if ending in _OLD:
        raise InvalidFlow(f"file {file.name!r} has the old format .{ending}: save it as .{_OLD[ending]}")
    read = _READERS.get(ending, _text)
    return [with_source(document) for document in read(file, options)]


def are_large(files: Sequence[NamedFile]) -> bool:
    """Whether reading these is work for a child process."""
    return sum(len(file.data) * (1 if ending_of(file) in _PLAIN else PACKED) for file in files) >= LARGE_BYTES


async def load_file(file: NamedFile, options: FormatOptions = _DEFAULTS) -> list[Document]:
    """`file_documents` beside the loop, so that a large file holds up nobody."""
    work = partial(file_documents, file, options)
    return await (in_child(work) if are_large([file]) else in_thread(work))


def with_source(document: Document) -> Document:
    """The document with what clients of Flowise find in the metadata of every loaded file."""
    return replace(document, metadata={"source": "blob", "blobType": "", **document.metadata})


def decoded(data: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, else one byte for each character."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _text(file: NamedFile, options: FormatOptions) -> list[Document]:
    return [Document(page_content=decoded(file.data))]


def _jsonl(file: NamedFile, options: FormatOptions) -> list[Document]:
    if not options.pointer:
        return _text(file, options)
    return jsonl_documents(decoded(file.data), pointer=options.pointer, name=file.name)


def _pdf(file: NamedFile, options: FormatOptions) -> list[Document]:
    from flowisectl.retrieval.pdf_text import pdf_documents

    return pdf_documents(file.data, per_page=options.pdf_per_page, name=file.name)


def _office(file: NamedFile, options: FormatOptions) -> list[Document]:
    from flowisectl.retrieval.office_text import docx_documents, pptx_documents, xlsx_documents

    read = {"docx": docx_documents, "pptx": pptx_documents}.get(ending_of(file), xlsx_documents)
    return read(file.data, name=file.name)


_READERS: dict[str, Callable[[NamedFile, FormatOptions], list[Document]]] = {
    # Those with libraries import them when the first such file comes: they would hold up every start.
    "pdf": _pdf,
    "docx": _office,
    "pptx": _office,
    "xlsx": _office,
    "xlsm": _office,
    "csv": lambda file, options: csv_documents(decoded(file.data), column=options.column, name=file.name),
    "json": lambda file, options: json_documents(decoded(file.data), name=file.name),
    "jsonl": _jsonl,
}
