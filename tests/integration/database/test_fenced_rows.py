"""What a run writes that was overtaken by another run of its job, in every kind of database."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from flowisectl.database import chat_message, checkpoint, document_store, document_store_file_chunk, execution, upsert_history
from flowisectl.database.attempt import Fence, Overtaken, overtake
from flowisectl.database.column_types import iso_of_epoch, new_id
from flowisectl.database.connection import Database


def exchange(flow_id: str, answer_id: str, question_id: str, text: str) -> list[dict[str, Any]]:
    shared = {"chatflowid": flow_id, "chatId": "c", "sessionId": "s"}
    return [
        {**shared, "id": question_id, "role": "userMessage", "content": "question", "createdDate": iso_of_epoch(1_790_000_000_000)},
        {**shared, "id": answer_id, "role": "apiMessage", "content": text, "usedTools": [{"tool": text}]},
    ]


async def contents(database: Database, flow_id: str) -> list[str]:
    return [row["content"] for row in await chat_message.session_messages(database, flow_id, "s")]


async def test_run_that_was_overtaken_stores_no_message(database: Database) -> None:
    flow_id, first, question = new_id(), new_id(), new_id()

    await overtake(database, Fence(first, 2))
    await chat_message.insert_messages(database, exchange(flow_id, first, question, "late"), Fence(first, 1))

    assert await contents(database, flow_id) == []


async def test_answer_of_the_newer_run_stays_whichever_comes_first(database: Database) -> None:
    flow_id, answer, question = new_id(), new_id(), new_id()
    old, new = exchange(flow_id, answer, question, "old"), exchange(flow_id, answer, question, "new 🦜")

    await chat_message.insert_messages(database, old, Fence(answer, 1))
    before = await contents(database, flow_id)
    await overtake(database, Fence(answer, 2))
    await chat_message.insert_messages(database, new, Fence(answer, 2))
    await chat_message.insert_messages(database, old, Fence(answer, 1))

    assert before == ["question", "old"]
    assert await contents(database, flow_id) == ["question", "new 🦜"]
    (_, row) = await chat_message.session_messages(database, flow_id, "s")
    assert row["usedTools"] == [{"tool": "new 🦜"}]


async def test_first_run_that_nobody_overtook_stores_all(database: Database) -> None:
    flow_id, other = new_id(), new_id()
    await overtake(database, Fence(other, 5))
    answers = [new_id() for _ in range(40)]

    pairs = [exchange(flow_id, answer, new_id(), f"a{number}") for number, answer in enumerate(answers)]
    await asyncio.gather(*(chat_message.insert_messages(database, pair, Fence(pair[1]["id"], 1)) for pair in pairs))
    await asyncio.gather(*(chat_message.insert_messages(database, pair, Fence(pair[1]["id"], 1)) for pair in pairs))

    found = await contents(database, flow_id)
    assert sorted(text for text in found if text != "question") == sorted(f"a{number}" for number in range(40))
    assert len(found) == 80


async def test_bad_row_of_one_run_harms_no_other(database: Database) -> None:
    flow_id = new_id()
    pairs = [exchange(flow_id, new_id(), new_id(), f"a{number}") for number in range(6)]
    pairs[3][1]["role"] = None

    told = await asyncio.gather(
        *(chat_message.insert_messages(database, pair, Fence(pair[1]["id"], 1)) for pair in pairs), return_exceptions=True
    )

    assert [number for number, error in enumerate(told) if error is not None] == [3]
    assert len(await contents(database, flow_id)) == 10


async def test_trace_of_the_newer_run_stays(database: Database) -> None:
    message, flow_id = new_id(), new_id()
    made = await execution.insert_execution(database, {"agentflowId": flow_id, "sessionId": "s"}, Fence(message, 1))
    await overtake(database, Fence(message, 2))

    await execution.update_execution(database, made["id"], {"state": "FINISHED", "executionData": [{"nodeId": "new"}]}, Fence(message, 2))
    await execution.update_execution(database, made["id"], {"state": "TERMINATED", "executionData": []}, Fence(message, 1))
    await execution.insert_execution(database, {"agentflowId": flow_id, "sessionId": "s"}, Fence(message, 1))

    row = await execution.get_execution(database, made["id"])
    assert row is not None
    assert (row["state"], row["executionData"]) == ("FINISHED", '[{"nodeId":"new"}]')
    assert await execution.latest_execution(database, flow_id, "s", but=made["id"]) is None


async def test_memory_of_agents_is_not_touched_by_an_overtaken_run(database: Database) -> None:
    flow_id, message = new_id(), new_id()
    await checkpoint.put_checkpoint(database, flow_id, "s", '{"of": 1}', Fence(message, 1))
    await overtake(database, Fence(message, 3))

    await checkpoint.put_checkpoint(database, flow_id, "s", '{"of": 3}', Fence(message, 3))
    await checkpoint.put_checkpoint(database, flow_id, "s", '{"of": 2}', Fence(message, 2))
    await checkpoint.delete_checkpoint(database, flow_id, "s", Fence(message, 2))

    assert await checkpoint.get_checkpoint(database, flow_id, "s") == '{"of": 3}'


async def test_open_question_is_cleared_only_by_the_run_that_counts(database: Database) -> None:
    flow_id, asked, message = new_id(), new_id(), new_id()
    rows = exchange(flow_id, asked, new_id(), "shall I?")
    await chat_message.insert_messages(database, [rows[0], {**rows[1], "action": {"id": "a"}}])
    await overtake(database, Fence(message, 2))

    late = await chat_message.clear_action(database, flow_id, session_id="s", fence=Fence(message, 1))
    now = await chat_message.clear_action(database, flow_id, session_id="s", fence=Fence(message, 2))

    assert (late, now) == (0, 1)


async def test_history_of_upserts_has_no_row_of_an_overtaken_run(database: Database) -> None:
    upsert, flow_id = new_id(), new_id()
    await overtake(database, Fence(upsert, 2))

    await upsert_history.insert_upsert_history(database, {"id": upsert, "chatflowid": flow_id}, Fence(upsert, 1))
    none = await upsert_history.list_upsert_history(database, flow_id)
    await upsert_history.insert_upsert_history(database, {"id": upsert, "chatflowid": flow_id}, Fence(upsert, 2))

    assert none == []
    assert len(await upsert_history.list_upsert_history(database, flow_id)) == 1


@pytest.mark.parametrize("order", [(2, 3), (3, 2)])
async def test_the_newest_run_fences_whatever_the_order(database: Database, order: tuple[int, int]) -> None:
    message, flow_id = new_id(), new_id()
    for run in order:
        await overtake(database, Fence(message, run))

    await chat_message.insert_messages(database, exchange(flow_id, message, new_id(), "second"), Fence(message, 2))
    between = await contents(database, flow_id)
    await chat_message.insert_messages(database, exchange(flow_id, message, new_id(), "third"), Fence(message, 3))

    assert (between, await contents(database, flow_id)) == ([], ["question", "third"])


async def test_document_store_and_its_chunks_are_not_touched_by_an_overtaken_run(database: Database) -> None:
    store = await document_store.insert_store(database, {"name": "s"})
    job, loader = new_id(), new_id()

    async def write(run: int) -> None:
        async def chunks(connection: AsyncConnection) -> None:
            pieces = [{"pageContent": f"of run {run}", "metadata": {}}]
            await document_store_file_chunk.replace_chunks(connection, store["id"], loader, pieces)

        change = {"loaders": [{"id": loader, "of": run}], "status": "SYNC"}
        await document_store.change_store(database, store["id"], lambda row: change, also=chunks, fence=Fence(job, run))

    await write(1)  # before the other begins, it counts
    await overtake(database, Fence(job, 2))
    await write(2)
    with pytest.raises(Overtaken, match=store["id"]):
        await write(1)

    row = await document_store.get_store(database, store["id"])
    chunks = await document_store_file_chunk.list_chunks(database, store["id"])
    assert row is not None
    assert orjson.loads(row["loaders"]) == [{"id": loader, "of": 2}]
    assert [chunk["pageContent"] for chunk in chunks] == ["of run 2"]
