"""Files of one kind → documents: functions of a module, so that a child process can be told to call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import NamedFile
from flowisectl.retrieval.file_formats import FormatOptions, decoded, file_documents, with_source
from flowisectl.retrieval.json_documents import json_documents, jsonl_documents
from flowisectl.retrieval.loading import loaded
from flowisectl.retrieval.splitting import TextSplitter
from flowisectl.retrieval.tables import csv_documents, csv_records

MAX_DATA_BYTES = 100_000_000
"""Of one CSV or JSON file."""
Reader = Callable[[NamedFile], Sequence[Document]]
"""Reads one file. A child can be told of one that is a function of a module, or a `partial` of one."""


def read_files(files: Sequence[NamedFile], reader: Reader) -> list[Document]:
    """The documents of all files, each with its source. Raises InvalidFlow for a file that cannot be read."""
    return [with_source(document) for file in files for document in reader(file)]


def named_sources(files: Sequence[tuple[str, NamedFile]], options: FormatOptions) -> list[Document]:
    """The documents of files that lie somewhere else, each with the address of its file as its source. Raises InvalidFlow."""
    return [
        replace(document, metadata={**document.metadata, "source": source})
        for source, file in files
        for document in file_documents(file, options)
    ]


def any_file(file: NamedFile, options: FormatOptions) -> list[Document]:
    """By its ending or its type."""
    return file_documents(file, options)


def text_file(file: NamedFile) -> list[Document]:
    """Whatever the ending says: markup and data are read as they stand."""
    return file_documents(replace(file, name=f"{file.name}.txt"))


def pdf_file(file: NamedFile, per_page: bool) -> list[Document]:
    from flowisectl.retrieval.pdf_text import pdf_documents

    return pdf_documents(file.data, per_page=per_page, name=file.name)


def docx_file(file: NamedFile) -> list[Document]:
    from flowisectl.retrieval.office_text import docx_documents

    return docx_documents(file.data, name=file.name)


def pptx_file(file: NamedFile) -> list[Document]:
    from flowisectl.retrieval.office_text import pptx_documents

    return pptx_documents(file.data, name=file.name)


def xlsx_file(file: NamedFile) -> list[Document]:
    from flowisectl.retrieval.office_text import xlsx_documents

    return xlsx_documents(file.data, name=file.name)


def epub_file(file: NamedFile, per_chapter: bool) -> list[Document]:
    from flowisectl.retrieval.epub_text import epub_documents

    return epub_documents(file.data, per_chapter=per_chapter, name=file.name)


def csv_rows(
    files: Sequence[NamedFile], *, column: str, metadata: Mapping[str, Any], splitter: TextSplitter | None, omitted: str
) -> list[Document]:
    """The rows of tables. In this loader the document's own metadata wins over the node's. Raises InvalidFlow."""
    rows = [row for file in files for row in csv_documents(_data_of(file), column=column, name=file.name)]
    whole = [Document(page_content=row.page_content, metadata={**metadata, **with_source(row).metadata}) for row in rows]
    return loaded(whole, splitter=splitter, omitted=omitted, merged=metadata)


def json_texts(
    files: Sequence[NamedFile], *, pointers: str, by_object: bool, metadata: Mapping[str, Any], splitter: TextSplitter | None, omitted: str
) -> list[Document]:
    """The texts of JSON files, or their objects. Raises InvalidFlow."""
    of_objects = metadata if by_object else None
    found = [
        with_source(document)
        for file in files
        for document in json_documents(_data_of(file), pointers=pointers, by_object=by_object, metadata=of_objects, name=file.name)
    ]
    # Of objects the node's metadata is in the documents already, with its pointers resolved.
    added, merged = ({}, metadata) if by_object else (metadata, {})
    return loaded(found, splitter=splitter, metadata=added, omitted=omitted, merged=merged)


def json_lines(
    files: Sequence[NamedFile], *, pointer: str, metadata: Mapping[str, Any], splitter: TextSplitter | None, omitted: str
) -> list[Document]:
    """One value of every line. Raises InvalidFlow."""
    found = [
        with_source(document)
        for file in files
        for document in jsonl_documents(_data_of(file), pointer=pointer, metadata=metadata, name=file.name)
    ]
    return loaded(found, splitter=splitter, omitted=omitted, merged=metadata)


def csv_objects(files: Sequence[NamedFile], *, delimiter: str) -> list[dict[str, Any]]:
    """The rows of tables as data. Raises InvalidFlow."""
    return [row for file in files for row in csv_records(_data_of(file), delimiter=delimiter, name=file.name)]


def _data_of(file: NamedFile) -> str:
    """The text of a file of data, which takes several times its size once it is read."""
    if len(file.data) > MAX_DATA_BYTES:
        raise InvalidFlow(f"file {file.name!r} has {len(file.data)} bytes; of data at most {MAX_DATA_BYTES} are read: split the file")
    return decoded(file.data)
