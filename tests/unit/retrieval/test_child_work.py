"""Heavy work is done by child processes: with the same results and errors, without our secrets, and ended when nobody wants it."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flowisectl.errors import FlowError, InvalidFlow
from flowisectl.interfaces.file import NamedFile
from flowisectl.retrieval import child_work
from flowisectl.retrieval.child_work import ChildEnded, in_child
from flowisectl.retrieval.file_formats import file_documents, load_file
from flowisectl.retrieval.loading import read_and_loaded
from flowisectl.retrieval.reading import pdf_file, read_files, text_file
from flowisectl.retrieval.splitting import RecursiveSplitter

WHO_ARE_YOU = partial(eval, "[__import__('os').getpid()]")


async def test_the_results_are_those_of_this_process_in_their_order() -> None:
    text = "\n\n".join(f"Paragraph {number} of a text that is long enough." for number in range(3_000))
    files = [NamedFile(name="a.txt", data=text.encode())]
    work = partial(
        read_and_loaded,
        partial(read_files, files, text_file),
        splitter=RecursiveSplitter(chunk_size=100, chunk_overlap=0),
        metadata={"topic": "naïve 🦜"},
        omitted="",
    )

    found = await in_child(work)

    assert len(found) > 1_000
    assert found == work()


async def test_another_process_does_it_and_does_more_than_one() -> None:
    first = await in_child(WHO_ARE_YOU)
    second = await in_child(WHO_ARE_YOU)

    assert first == second != [os.getpid()]


async def test_a_child_yields_to_others_and_knows_none_of_our_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "s3cret")
    child_work._POOL.close()

    (environment,) = await in_child(partial(eval, "[dict(__import__('os').environ)]"))
    (nice,) = await in_child(partial(eval, "[__import__('os').nice(0)]"))

    assert "s3cret" not in str(environment)
    assert nice > os.nice(0)


async def test_a_file_that_cannot_be_read_is_told_as_here() -> None:
    with pytest.raises(InvalidFlow, match=r"'a\.pdf' is no PDF") as told:
        await in_child(partial(read_files, [NamedFile(name="a.pdf", data=b"no pdf")], partial(pdf_file, per_page=True)))

    assert type(told.value) is InvalidFlow
    assert await in_child(WHO_ARE_YOU)  # the child goes on


async def test_any_other_error_comes_with_its_name() -> None:
    with pytest.raises(FlowError, match="ZeroDivisionError: division by zero"):
        await in_child(partial(eval, "1 / 0"))


async def test_what_a_library_prints_does_not_disturb() -> None:
    assert await in_child(partial(eval, "[print('noise') or 7]")) == [7]


async def test_work_that_cannot_be_sent_is_done_in_a_thread() -> None:
    assert await in_child(lambda: [os.getpid()]) == [os.getpid()]


async def test_a_child_that_is_killed_is_told_of_and_another_takes_its_place(tmp_path: Path) -> None:
    pid, task = await at_work(tmp_path)

    os.kill(pid, signal.SIGKILL)

    with pytest.raises(ChildEnded, match="status -9"):
        await task
    assert await in_child(WHO_ARE_YOU) != [pid]


async def test_a_child_that_died_while_it_waited_is_not_used_again() -> None:
    (pid,) = await in_child(WHO_ARE_YOU)

    os.kill(pid, signal.SIGKILL)

    while is_alive(pid):
        await asyncio.sleep(0.01)
    assert await in_child(WHO_ARE_YOU) != [pid]


async def test_cancelled_work_ends_its_child(tmp_path: Path) -> None:
    pid, task = await at_work(tmp_path)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(20):
        while is_alive(pid):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("size", "is_elsewhere"), [(1_000, False), (300_000, True)])
async def test_only_large_files_go_to_a_child(size: int, is_elsewhere: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    async def remembered(work: Any) -> Any:
        asked.append(work)
        return work()

    monkeypatch.setattr("flowisectl.retrieval.file_formats.in_child", remembered)
    file = NamedFile(name="a.txt", data=b"x" * size)

    assert await load_file(file) == file_documents(file)
    assert bool(asked) is is_elsewhere


async def at_work(folder: Path) -> tuple[int, asyncio.Task[list[Any]]]:
    """A child in the middle of its work, and the task that waits for it."""
    mark = folder / "pid"
    code = f"__import__('pathlib').Path({str(mark)!r}).write_text(str(__import__('os').getpid())) and __import__('time').sleep(600)"
    task = asyncio.create_task(in_child(partial(eval, code)))
    async with asyncio.timeout(20):
        while not (mark.exists() and mark.read_text()):
            assert not task.done()
            await asyncio.sleep(0.01)
    return int(mark.read_text()), task


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
