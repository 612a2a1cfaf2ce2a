"""Embedding many documents: in lots, a few of them at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence

from flowisectl.interfaces.document import Document
from flowisectl.interfaces.embeddings import Embeddings

LOT = 256
"""Documents: between the lots other work goes on, and what is written is not all lost with one refusal."""
LOTS_AT_ONCE = 4
"""How many lots a provider is asked for at the same time."""

EmbeddedLot = tuple[Sequence[Document], list[list[float]]]


async def embedded_lots(embeddings: Embeddings, documents: Sequence[Document], size: int = LOT) -> AsyncGenerator[EmbeddedLot, None]:
    """`(documents, their vectors)`, lot by lot, in order. While one lot is used the next ones are made. Raises ProviderError.

    Close the iterator (`contextlib.aclosing`): what is under way then ends with it.
    """
    lots = [documents[start : start + size] for start in range(0, len(documents), size)]
    if len(lots) == 1:
        yield lots[0], await embeddings.embed([document.page_content for document in lots[0]])
        return
    running: deque[tuple[Sequence[Document], asyncio.Task[list[list[float]]]]] = deque()
    coming = iter(lots)
    try:
        while True:
            while len(running) < LOTS_AT_ONCE and (lot := next(coming, None)) is not None:
                running.append((lot, asyncio.create_task(embeddings.embed([document.page_content for document in lot]))))
            if not running:
                return
            lot, task = running[0]
            vectors = await task
            running.popleft()
            yield lot, vectors
    finally:
        for _, task in running:
            task.cancel()
        await asyncio.gather(*(task for _, task in running), return_exceptions=True)
