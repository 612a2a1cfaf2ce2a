"""Embedding in lots: their order, how many run at once, and what happens when one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.retrieval.embedded_lots import LOTS_AT_ONCE, embedded_lots


class Gated:
    """Answers a lot when the lot's first text has been let through."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.most = 0
        self.cancelled: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.fails: set[str] = set()

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        name = texts[0]
        self.running.add(name)
        self.most = max(self.most, len(self.running))
        try:
            await self.gates.setdefault(name, asyncio.Event()).wait()
            if name in self.fails:
                raise ProviderError("no", provider="Gated")
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise
        finally:
            self.running.discard(name)
        return [[float(text)] for text in texts]

    async def embed_query(self, text: str) -> list[float]:
        return (await self.embed([text]))[0]

    def open(self, *names: str) -> None:
        for name in names:
            self.gates.setdefault(name, asyncio.Event()).set()


def documents(count: int) -> list[Document]:
    return [Document(page_content=str(number)) for number in range(count)]


async def until(holds: object) -> None:
    assert callable(holds)
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0)


async def test_lots_come_in_order_though_later_ones_are_ready_first() -> None:
    model = Gated()
    model.open("2", "4")
    got: list[list[float]] = []

    async def collect() -> None:
        async with aclosing(embedded_lots(model, documents(6), 2)) as lots:
            async for _, vectors in lots:
                got.extend(vectors)

    task = asyncio.create_task(collect())
    await until(lambda: model.running == {"0"})
    assert got == []
    model.open("0")
    await asyncio.wait_for(task, 5)

    assert got == [[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]]


async def test_only_a_few_lots_are_asked_for_at_once() -> None:
    model = Gated()

    async def collect() -> int:
        async with aclosing(embedded_lots(model, documents(12), 1)) as lots:
            return len([lot async for lot in lots])

    task = asyncio.create_task(collect())
    await until(lambda: len(model.running) == LOTS_AT_ONCE)
    model.open(*map(str, range(12)))

    assert await asyncio.wait_for(task, 5) == 12
    assert model.most == LOTS_AT_ONCE


async def test_a_lot_that_fails_ends_those_under_way() -> None:
    model = Gated()
    model.open("0")
    model.fails.add("0")

    with pytest.raises(ProviderError):
        async with aclosing(embedded_lots(model, documents(3), 1)) as lots:
            async for _ in lots:
                raise AssertionError("nothing should come")

    assert sorted(model.cancelled) == ["1", "2"]
    assert not model.running


async def test_leaving_early_ends_what_is_under_way() -> None:
    model = Gated()
    model.open("0")

    async with aclosing(embedded_lots(model, documents(4), 1)) as lots:
        async for _ in lots:
            break

    assert not model.running


async def test_no_documents_ask_for_nothing() -> None:
    model = Gated()

    async with aclosing(embedded_lots(model, [], 2)) as lots:
        assert [lot async for lot in lots] == []
    assert model.most == 0
