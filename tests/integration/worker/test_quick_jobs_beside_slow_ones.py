"""While one job keeps a CPU busy, others on the same worker go on: as many of them end meanwhile as must."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from config.settings import QueueSettings, RedisSettings, WorkerSettings
from flowisectl.clients.http import open_http
from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import NamedFile
from flowisectl.nodes.document_loaders._loading import answer_of
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.predictions.submitter import QueueSubmitter, open_submitter
from flowisectl.redis_connection import open_redis
from flowisectl.retrieval.file_formats import load_file
from flowisectl.retrieval.splitting import RecursiveSplitter
from flowisectl.sandbox.pool import open_sandbox
from flowisectl.worker.app import create_worker

ENOUGH = 5
"""Quick jobs that must end, one after another, while a slow one runs. A loop that stands still lets one through, or two."""


def large_pdf(pages: int = 250) -> bytes:
    writer = PdfWriter()
    kind = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = writer._add_object(DictionaryObject({NameObject(name): NameObject(value) for name, value in kind.items()}))
    for number in range(pages):
        page = writer.add_blank_page(600, 800)
        content = DecodedStreamObject()
        lines = b"".join(b"(line %d of page %d, with a few more words in it) Tj T* " % (line, number) for line in range(60))
        content.set_data(b"BT /F1 10 Tf 20 780 Td 12 TL " + lines + b"ET")
        page[NameObject("/Contents")] = writer._add_object(content)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


async def parse_a_pdf(data: bytes) -> int:
    return len(await load_file(NamedFile(name="a.pdf", media_type="application/pdf", data=data)))


async def split_twenty_megabytes(text: str) -> int:
    splitter = RecursiveSplitter(chunk_size=400, chunk_overlap=100)
    answer = await answer_of(NodeInputs({"textSplitter": splitter}), lambda: [Document(page_content=text)])
    return len(answer)


async def block_the_loop(_: Any) -> int:
    """What must not happen: the test has to see it."""
    return len(RecursiveSplitter(chunk_size=400, chunk_overlap=100).split_text("some words. " * 1_700_000))


class Runner:
    """`slow` of the body names work that is done before the answer."""

    def __init__(self, work: dict[str, Callable[[], Awaitable[Any]]]) -> None:
        self._work = work
        self.began = asyncio.Event()

    async def run(self, request: PredictionRequest, *_: Any) -> PredictionResult:
        if name := request.body.get("slow"):
            self.began.set()
            done = await self._work[name]()
            return PredictionResult(body=str(done).encode())
        return PredictionResult(body=b"{}")

    async def stopped(self, request: PredictionRequest, events: Any, error: Any, *_: Any) -> PredictionResult:
        return PredictionResult(error=error.message, error_kind=type(error).__name__, status=500)


Stack = tuple[QueueSubmitter, Runner]


@pytest.fixture
async def stack(redis_settings: RedisSettings, queue_settings: QueueSettings) -> AsyncIterator[Stack]:
    async with AsyncExitStack() as opened:
        redis = await opened.enter_async_context(open_redis(redis_settings, name="all"))
        main = await opened.enter_async_context(open_submitter(redis, queue_settings))
        http = await opened.enter_async_context(open_http())
        javascript = await opened.enter_async_context(open_sandbox(http, timeout_seconds=20))
        pdf, text = large_pdf(), "\n\n".join("The quick brown fox jumps over the lazy dog, again. " * 8 for _ in range(48_000))
        spin = "const end = Date.now() + 1500; while (Date.now() < end) {} return 'spun'"
        runner = Runner(
            {
                "pdf": lambda: parse_a_pdf(pdf),
                "split": lambda: split_twenty_megabytes(text),
                "javascript": lambda: javascript.run(spin, {}),
                "blocking": lambda: block_the_loop(text),
            }
        )
        worker = create_worker(redis, runner, queue_settings, WorkerSettings(port=0))
        worker.SIGNALS = []
        task = asyncio.create_task(worker.start())
        yield main, runner
        worker.event.set()
        await asyncio.wait_for(task, 60)


async def quick_ones_beside(stack: Stack, request_for: Callable[..., PredictionRequest], name: str) -> int:
    """How many jobs end, one after another, between the beginning and the end of the slow one."""
    main, runner = stack
    assert (await (await main.submit(request_for())).result()).is_ok
    slow = asyncio.create_task((await main.submit(request_for(slow=name))).result())
    await asyncio.wait_for(runner.began.wait(), 20)
    count = 0
    while not slow.done():
        assert (await (await main.submit(request_for())).result()).is_ok
        count += not slow.done()
    assert (await slow).is_ok
    return count


@pytest.mark.parametrize("name", ["pdf", "split", "javascript"])
async def test_quick_jobs_end_while_a_slow_one_keeps_a_cpu_busy(stack: Stack, request_for: Callable[..., Any], name: str) -> None:
    assert await quick_ones_beside(stack, request_for, name) >= ENOUGH


async def test_a_blocked_loop_would_be_seen(stack: Stack, request_for: Callable[..., Any]) -> None:
    assert await quick_ones_beside(stack, request_for, "blocking") < ENOUGH
