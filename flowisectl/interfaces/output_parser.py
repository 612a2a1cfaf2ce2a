"""What turns a model's text into data."""

from __future__ import annotations

from typing import Any, Protocol


class OutputParser(Protocol):
    auto_fix: bool
    format_instructions: str

    def parse(self, text: str) -> Any:
        """The data in the text. Raises ValueError with a text that begins `Failed to parse`."""
        ...
