from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flowisectl.database import chat_message, chat_message_feedback, execution
from flowisectl.database.column_types import iso_of_epoch, new_id
from flowisectl.database.connection import Database
from flowisectl.database.message_listing import DeletedMessages, MessageFilter, delete_messages, list_messages
from flowisectl.errors import InvalidRequest

START = 1_790_000_000_000


def exchange(flow_id: str, session: str, number: int, **fields: Any) -> list[dict[str, Any]]:
    """A question and its answer; each exchange of a session is a second later than the one before."""
    shared = {"chatflowid": flow_id, "chatId": session, "sessionId": session, "chatType": "EXTERNAL", "memoryType": "Buffer Memory"}
    moment = iso_of_epoch(START + number * 1000)
    question = {"role": "userMessage", "content": f"question {number}", "createdDate": moment, **shared, **fields}
    answer = {"role": "apiMessage", "content": f"answer {number}", "createdDate": moment, **shared, **fields}
    return [{"id": new_id(), **question}, {"id": new_id(), **answer}]


async def test_session_comes_back_oldest_first_the_question_before_its_answer(database: Database) -> None:
    flow_id = new_id()
    for number in (2, 1, 3):
        await chat_message.insert_messages(database, exchange(flow_id, "s", number))
    await chat_message.insert_messages(database, exchange(flow_id, "another", 1))

    rows = await chat_message.session_messages(database, flow_id, "s")

    assert [row["content"] for row in rows] == ["question 1", "answer 1", "question 2", "answer 2", "question 3", "answer 3"]


async def test_limit_keeps_the_newest_of_a_session(database: Database) -> None:
    flow_id = new_id()
    for number in range(5):
        await chat_message.insert_messages(database, exchange(flow_id, "s", number))

    rows = await chat_message.session_messages(database, flow_id, "s", limit=3)

    assert [row["content"] for row in rows] == ["answer 3", "question 4", "answer 4"]
    assert await chat_message.session_messages(database, flow_id, "empty", limit=3) == []
    assert await chat_message.session_messages(database, "no-uuid", "s") == []


async def test_json_columns_take_data_or_text_and_come_back_as_data(database: Database) -> None:
    flow_id, id = new_id(), new_id()
    row = {
        "id": id, "role": "apiMessage", "chatflowid": flow_id, "chatId": "c", "sessionId": "c", "content": "nul\x00 and 🎈",
        "leadEmail": "a\x00@b",
        "usedTools": [{"tool": "calculator"}], "artifacts": '[{"type":"png"}]', "action": {"id": "a"}, "followUpPrompts": ["x"],
        "sourceDocuments": [],
    }  # fmt: skip

    await chat_message.insert_messages(database, [row])

    stored = await chat_message.get_message(database, id)
    assert stored is not None
    assert stored["content"] == ("nul and 🎈" if database.dialect == "postgresql" else "nul\x00 and 🎈")
    assert stored["leadEmail"] == ("a@b" if database.dialect == "postgresql" else "a\x00@b")
    assert stored["usedTools"] == [{"tool": "calculator"}]
    assert stored["artifacts"] == [{"type": "png"}]
    assert stored["action"] == {"id": "a"}
    assert stored["sourceDocuments"] == []
    assert stored["fileUploads"] is None
    assert stored["followUpPrompts"] == '["x"]'
    assert stored["chatType"] == "INTERNAL"


async def test_same_answer_stored_twice_is_one_row(database: Database) -> None:
    flow_id = new_id()
    rows = exchange(flow_id, "s", 1)

    await chat_message.insert_messages(database, rows)
    await asyncio.gather(*[chat_message.insert_messages(database, [{**row, "content": "again"} for row in rows]) for _ in range(5)])

    stored = await chat_message.session_messages(database, flow_id, "s")
    assert [row["content"] for row in stored] == ["question 1", "answer 1"]


async def test_one_bad_message_fails_alone(database: Database) -> None:
    flow_id = new_id()
    good = [exchange(flow_id, f"s{n}", n) for n in range(20)]
    bad = [{**good[0][0], "id": new_id(), "role": None}]

    outcomes = await asyncio.gather(
        *[chat_message.insert_messages(database, rows) for rows in (*good[:10], bad, *good[10:])], return_exceptions=True
    )

    assert [type(outcome) for outcome in outcomes if outcome is not None] == [InvalidRequest]
    assert isinstance(outcomes[10], InvalidRequest)
    assert len(await list_messages(database, flow_id)) == 40


async def test_messages_of_one_call_are_stored_together_or_not_at_all(database: Database) -> None:
    flow_id = new_id()
    rows = exchange(flow_id, "s", 1)

    with pytest.raises(InvalidRequest):
        await chat_message.insert_messages(database, [rows[0], {**rows[1], "role": None}])

    assert await list_messages(database, flow_id) == []


async def test_a_cancelled_caller_does_not_lose_the_message(database: Database) -> None:
    flow_id = new_id()
    task = asyncio.create_task(chat_message.insert_messages(database, exchange(flow_id, "s", 1)))
    await asyncio.sleep(0)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await chat_message.insert_messages(database, exchange(flow_id, "s", 2))

    assert len(await chat_message.session_messages(database, flow_id, "s")) == 4


async def test_clearing_the_action_touches_only_that_chat(database: Database) -> None:
    flow_id = new_id()
    for session in ("s1", "s2"):
        await chat_message.insert_messages(database, exchange(flow_id, session, 1, action={"id": session}))

    cleared = await chat_message.clear_action(database, flow_id, session_id="s1")

    assert cleared == 2
    assert [row["action"] for row in await chat_message.session_messages(database, flow_id, "s1")] == [None, None]
    assert [row["action"] for row in await chat_message.session_messages(database, flow_id, "s2")] == [{"id": "s2"}, {"id": "s2"}]
    assert await chat_message.clear_action(database, flow_id, chat_id="s1") == 0
    assert await chat_message.clear_action(database, flow_id) == 0


async def test_listing_narrows_by_every_filter(database: Database) -> None:
    flow_id = new_id()
    first, second = exchange(flow_id, "a", 1), exchange(flow_id, "b", 2, chatType="INTERNAL", memoryType="Other")
    await chat_message.insert_messages(database, [*first, *second])

    async def ids(**fields: Any) -> list[str]:
        return [row["id"] for row in await list_messages(database, flow_id, MessageFilter(**fields))]

    assert await ids() == [row["id"] for row in (*first, *second)]
    assert await ids(chat_types=["INTERNAL"]) == [row["id"] for row in second]
    assert await ids(chat_types=["INTERNAL", "EXTERNAL"], chat_id="a") == [row["id"] for row in first]
    assert await ids(memory_type="Other") == [row["id"] for row in second]
    assert await ids(session_id="b") == [row["id"] for row in second]
    assert await ids(message_id=first[1]["id"]) == [first[1]["id"]]
    assert await ids(message_id="no-uuid") == []
    assert await ids(start_date=iso_of_epoch(START + 1500)) == [row["id"] for row in second]
    assert await ids(end_date=iso_of_epoch(START + 1500)) == [row["id"] for row in first]
    newest_first = await list_messages(database, flow_id, order="DESC")
    assert [row["id"] for row in newest_first] == [row["id"] for row in reversed((*first, *second))]


async def test_listed_messages_carry_their_run_and_their_feedback(database: Database) -> None:
    flow_id = new_id()
    run = await execution.insert_execution(database, {"agentflowId": flow_id, "sessionId": "s", "executionData": []})
    question, answer = exchange(flow_id, "s", 1, executionId=run["id"])
    await chat_message.insert_messages(database, [question, answer])
    await chat_message_feedback.insert_feedback(
        database, {"chatflowid": flow_id, "chatId": "s", "messageId": answer["id"], "rating": "THUMBS_DOWN", "content": "no"}
    )

    plain = await list_messages(database, flow_id)
    rated = await list_messages(database, flow_id, with_feedback=True)

    assert plain[0]["execution"]["id"] == run["id"]
    assert "feedback" not in plain[0]
    assert list(plain[0])[:5] == ["id", "role", "chatflowid", "executionId", "content"] and list(plain[0])[-1] == "execution"
    assert rated[0]["feedback"] is None
    assert rated[1]["feedback"]["rating"] == "THUMBS_DOWN"


async def test_pages_count_sessions_in_the_order_of_the_listing(database: Database) -> None:
    flow_id = new_id()
    for number in range(3):
        await chat_message.insert_messages(database, exchange(flow_id, f"s{number}", number))

    newest = [await list_messages(database, flow_id, order="DESC", with_feedback=True, page=page, limit=2) for page in (1, 2, 3)]
    oldest = [await list_messages(database, flow_id, with_feedback=True, page=page, limit=2) for page in (1, 2, 3)]

    assert [[row["sessionId"] for row in page] for page in newest] == [["s2", "s2", "s1", "s1"], ["s0", "s0"], []]
    assert [[row["sessionId"] for row in page] for page in oldest] == [["s0", "s0", "s1", "s1"], ["s2", "s2"], []]


async def test_pages_of_ratings_count_only_sessions_that_have_one(database: Database) -> None:
    flow_id = new_id()
    for number in range(3):
        await chat_message.insert_messages(database, exchange(flow_id, f"s{number}", number))
    rated = (await list_messages(database, flow_id))[1]
    await chat_message_feedback.insert_feedback(
        database, {"chatflowid": flow_id, "chatId": "s0", "messageId": rated["id"], "rating": "THUMBS_DOWN"}
    )

    filter = MessageFilter(feedback_types=["THUMBS_DOWN"])
    page = await list_messages(database, flow_id, filter, order="DESC", with_feedback=True, page=1, limit=1)

    assert [row["sessionId"] for row in page] == ["s0", "s0"]


async def test_feedback_type_keeps_rated_answers_with_the_question_before(database: Database) -> None:
    flow_id = new_id()
    good, bad = exchange(flow_id, "s", 1), exchange(flow_id, "s", 2)
    await chat_message.insert_messages(database, [*good, *bad])
    for message, rating in ((good[1], "THUMBS_UP"), (bad[1], "THUMBS_DOWN")):
        await chat_message_feedback.insert_feedback(
            database, {"chatflowid": flow_id, "chatId": "s", "messageId": message["id"], "rating": rating}
        )

    rows = await list_messages(database, flow_id, MessageFilter(feedback_types=["THUMBS_DOWN"]), with_feedback=True)

    assert [row["id"] for row in rows] == [row["id"] for row in bad]


async def test_rated_answers_come_oldest_first_in_either_order(database: Database) -> None:
    flow_id = new_id()
    early, late = exchange(flow_id, "one", 1), exchange(flow_id, "two", 2)
    await chat_message.insert_messages(database, [*late, *early])
    for message in (early[1], late[1]):
        rating = {"chatflowid": flow_id, "chatId": message["chatId"], "messageId": message["id"], "rating": "THUMBS_UP"}
        await chat_message_feedback.insert_feedback(database, rating)

    chosen = MessageFilter(feedback_types=["THUMBS_UP"])
    rows = [await list_messages(database, flow_id, chosen, order=order, with_feedback=True) for order in ("ASC", "DESC")]
    newest = await list_messages(database, flow_id, chosen, order="DESC", with_feedback=True, page=1, limit=1)

    expected = [row["id"] for row in (*early, *late)]
    assert [[row["id"] for row in listed] for listed in rows] == [expected, expected]
    assert [row["id"] for row in newest] == [row["id"] for row in late]


async def test_rating_a_message_again_replaces_the_rating(database: Database) -> None:
    flow_id, message_id = new_id(), new_id()
    feedback = {"chatflowid": flow_id, "chatId": "s", "messageId": message_id, "rating": "THUMBS_UP"}

    first = await chat_message_feedback.insert_feedback(database, feedback)
    second = await chat_message_feedback.insert_feedback(database, {**feedback, "rating": "THUMBS_DOWN", "content": "why"})

    rows = await chat_message_feedback.list_feedback(database, flow_id)
    assert [(row["id"], row["rating"], row["content"]) for row in rows] == [(first["id"], "THUMBS_DOWN", "why")]
    assert second["id"] == first["id"]


async def test_deleting_a_chat_takes_its_feedback_and_leaves_other_chats(database: Database) -> None:
    flow_id = new_id()
    mine, other = exchange(flow_id, "mine", 1), exchange(flow_id, "other", 2)
    await chat_message.insert_messages(database, [*mine, *other])
    for rows in (mine, other):
        await chat_message_feedback.insert_feedback(
            database, {"chatflowid": flow_id, "chatId": rows[1]["chatId"], "messageId": rows[1]["id"], "rating": "THUMBS_UP"}
        )

    deleted = await delete_messages(database, flow_id, MessageFilter(chat_id="mine"))

    assert deleted == DeletedMessages(affected=2, chat_ids=("mine",))
    assert [row["chatId"] for row in await list_messages(database, flow_id)] == ["other", "other"]
    assert [row["chatId"] for row in await chat_message_feedback.list_feedback(database, flow_id)] == ["other"]
    assert await delete_messages(database, flow_id, MessageFilter(chat_id="mine")) == DeletedMessages(affected=0)


async def test_deleting_without_a_chat_takes_the_runs_along(database: Database) -> None:
    flow_id = new_id()
    run = await execution.insert_execution(database, {"agentflowId": flow_id, "sessionId": "s"})
    many = [row for number in range(600) for row in exchange(flow_id, f"s{number}", number, executionId=run["id"])]
    await chat_message.insert_messages(database, many)

    deleted = await delete_messages(database, flow_id)

    assert deleted.affected == 1200 and len(deleted.chat_ids) == 600
    assert await execution.get_execution(database, run["id"]) is None
