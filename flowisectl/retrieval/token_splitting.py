"""Cutting text by tokens, as nearly as they can be counted without a model's own vocabulary."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LONGEST = 6
"""Letters: models' vocabularies have most words of this length, longer ones are put together."""
_PIECES = re.compile(rf" ?[A-Za-z]{{1,{_LONGEST}}}| ?\d{{1,3}}| ?[^\W\d_A-Za-z]{{1,2}}| ?[^\s\w]{{1,3}}| ?_+|\s+?(?=\s\S)|\s+", re.UNICODE)


def tokens_of(text: str) -> list[str]:
    """Pieces that are about as long as a model's tokens; joined they are the text again."""
    pieces: list[str] = []
    end = 0
    for match in _PIECES.finditer(text):
        if match.start() > end:
            pieces.append(text[end : match.start()])
        pieces.append(match[0])
        end = match.end()
    if end < len(text):
        pieces.append(text[end:])
    return pieces


@dataclass(frozen=True, kw_only=True)
class TokenSplitter:
    """Chunks of `chunk_size` tokens, each beginning with the last `chunk_overlap` of the one before."""

    chunk_size: int = 1000
    chunk_overlap: int = 200

    def split_text(self, text: str) -> list[str]:
        tokens = tokens_of(text)
        step = self.chunk_size - self.chunk_overlap
        chunks: list[str] = []
        for start in range(0, len(tokens), step):
            chunks.append("".join(tokens[start : start + self.chunk_size]))
            if start + self.chunk_size >= len(tokens):
                break
        return chunks
