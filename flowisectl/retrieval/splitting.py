"""Cutting documents into chunks that are small enough to embed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from flowisectl.interfaces.document import Document


class TextSplitter(Protocol):
    """What text splitter nodes build."""

    def split_text(self, text: str) -> list[str]: ...


def split_documents(splitter: TextSplitter, documents: Sequence[Document]) -> list[Document]:
    """The chunks of all documents. `metadata.loc.lines` of a chunk tells its first and last line, counted from 1.

    A splitter whose `tells_lines` is False makes chunks without it.
    """
    if not getattr(splitter, "tells_lines", True):
        return [replace(document, page_content=text) for document in documents for text in splitter.split_text(document.page_content)]
    return [chunk for document in documents for chunk in _chunks(splitter, document)]


def _chunks(splitter: TextSplitter, document: Document) -> list[Document]:
    chunks: list[Document] = []
    start, line, counted = -1, 1, 0
    for text in splitter.split_text(document.page_content):
        found = document.page_content.find(text, start + 1)
        if found >= 0:
            start = found
            # Only what lies between: a long document would otherwise be counted from its beginning for every chunk.
            line, counted = line + document.page_content.count("\n", counted, start), start
        known = document.metadata.get("loc")
        loc: dict[str, Any] = {**known} if isinstance(known, dict) else {}
        loc["lines"] = {"from": line, "to": line + text.count("\n")}
        chunks.append(replace(document, page_content=text, metadata={**document.metadata, "loc": loc}))
    return chunks


@dataclass(frozen=True, kw_only=True)
class RecursiveSplitter:
    """Cuts at the first separator that the text has; pieces that are still too long are cut at the next ones, and at last anywhere.

    A text without any separator stays whole. A separator stays at the beginning of the piece that follows it.
    Sizes are in UTF-16 units, as JavaScript counts.
    """

    chunk_size: int = 1000
    chunk_overlap: int = 200
    separators: tuple[str, ...] = ("\n\n", "\n", " ", "")

    def __post_init__(self) -> None:
        _check_sizes(self.chunk_size, self.chunk_overlap)

    def split_text(self, text: str) -> list[str]:
        return self._split(text, self.separators)

    def _split(self, text: str, separators: Sequence[str]) -> list[str]:
        separator, further = _first_present(text, separators)
        chunks: list[str] = []
        short: list[str] = []
        for piece in _pieces_with(text, separator):
            if length_of(piece) < self.chunk_size:
                short.append(piece)
                continue
            chunks += merged(short, "", self.chunk_size, self.chunk_overlap)
            short = []
            chunks += [piece] if further is None else self._split(piece, further)
        return chunks + merged(short, "", self.chunk_size, self.chunk_overlap)


@dataclass(frozen=True, kw_only=True)
class CharacterSplitter:
    """Cuts at one separator, which is dropped between chunks."""

    chunk_size: int = 1000
    chunk_overlap: int = 200
    separator: str = "\n\n"

    def __post_init__(self) -> None:
        _check_sizes(self.chunk_size, self.chunk_overlap)

    def split_text(self, text: str) -> list[str]:
        pieces = [piece for piece in (text.split(self.separator) if self.separator else text) if piece]
        return merged(pieces, self.separator, self.chunk_size, self.chunk_overlap)


@dataclass(frozen=True, kw_only=True)
class HeaderSplitter:
    """Cuts Markdown in front of its headers, down to one level; sizes play no part, and lines are not told."""

    level: int
    tells_lines = False

    def split_text(self, text: str) -> list[str]:
        header = re.compile(rf"#{{1,{self.level}}}\s")
        sections: list[list[str]] = [[]]
        for line in text.split("\n"):
            if header.match(line) and sections[-1]:
                sections.append([])
            sections[-1].append(line)
        return [section for lines in sections if (section := "\n".join(lines).strip())]


def merged(pieces: Sequence[str], separator: str, size: int, overlap: int, length: Callable[[str], int] | None = None) -> list[str]:
    """Pieces put together to chunks of at most `size`, each beginning with up to `overlap` of the one before it."""
    measure = length or length_of
    gap = measure(separator)
    chunks: list[str] = []
    current: list[tuple[str, int]] = []
    total = 0
    for piece in pieces:
        added = measure(piece)
        if current and total + added + len(current) * gap > size:
            _close(chunks, current, separator)
            while current and (total > overlap or total + added + len(current) * gap > size):
                total -= current.pop(0)[1]
        current.append((piece, added))
        total += added
    _close(chunks, current, separator)
    return chunks


def length_of(text: str) -> int:
    """UTF-16 units."""
    return len(text) if text.isascii() else len(text) + sum(char > "\uffff" for char in text)


def _close(chunks: list[str], current: Sequence[tuple[str, int]], separator: str) -> None:
    chunk = separator.join(piece for piece, _ in current).strip()
    if chunk:
        chunks.append(chunk)


def _first_present(text: str, separators: Sequence[str]) -> tuple[str, Sequence[str] | None]:
    """(the first separator that the text has, those after it); None when nothing can come after it."""
    for index, separator in enumerate(separators):
        if separator == "":
            return "", None
        if separator in text:
            return separator, separators[index + 1 :]
    return (separators[-1] if separators else ""), None


def _pieces_with(text: str, separator: str) -> list[str]:
    """The text cut in front of every separator, or into characters. Separators may share characters: `###` has two of `##`."""
    if not separator:
        return list(text)
    if any(separator[:length] == separator[-length:] for length in range(1, len(separator))):
        return [piece for piece in re.split(f"(?={re.escape(separator)})", text) if piece]
    first, *others = text.split(separator)
    return [piece for piece in (first, *(separator + other for other in others)) if piece]


def _check_sizes(size: int, overlap: int) -> None:
    if size <= 0:
        raise ValueError(f"the chunk size must be more than 0, not {size}")
    if overlap >= size:
        raise ValueError(f"Cannot have chunkOverlap >= chunkSize: {overlap} >= {size}")
