"""Answers of models that are kept for equal questions."""

from __future__ import annotations

from typing import Protocol


class TextCache(Protocol):
    """A cache of one flow: prompt and model in, the model's text out."""

    async def get(self, key: str) -> str | None:
        """The text that is kept; None when there is none, or when the cache cannot be reached."""
        ...

    async def put(self, key: str, text: str) -> None:
        """Keep a text; nothing happens when the cache cannot be reached."""
        ...
