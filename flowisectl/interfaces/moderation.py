"""What looks at a question before a model sees it."""

from __future__ import annotations

from typing import Protocol


class ModerationRefusal(Exception):
    """The input must not be answered; the text is what the user is told."""


class Moderation(Protocol):
    async def check(self, text: str) -> str:
        """The text to go on with, perhaps changed. Raises ModerationRefusal."""
        ...
