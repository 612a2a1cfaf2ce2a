"""What the tests of vector stores share: answers of a service, and an embedding model of two numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from flowisectl.interfaces.http import HttpResponse


def answer(body: Any = None, status: int = 200) -> HttpResponse:
    data = b"" if body is None else orjson.dumps(body)
    return HttpResponse(status=status, reason="Reason", headers={"content-type": "application/json"}, body=data)


class TinyEmbeddings:
    """The share of `a` and of `b` in a text."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked.append([*texts])
        return [[text.count("a") / len(text), text.count("b") / len(text)] for text in texts]
