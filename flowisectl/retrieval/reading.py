"""Files of one kind → documents: functions of a module, so that a child process can be told to call them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import NamedFile
from flowisectl.retrieval.file_formats import FormatOptions, file_documents, with_source

Reader = Callable[[NamedFile], Sequence[Document]]
"""Reads one file. A child can be told of one that is a function of a module, or a `partial` of one."""


def read_files(files: Sequence[NamedFile], reader: Reader) -> list[Document]:
    """The documents of all files, each with its source. Raises InvalidFlow for a file that cannot be read."""
    return [with_source(document) for file in files for document in reader(file)]


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
