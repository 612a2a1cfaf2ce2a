"""Chat messages as the HTTP API lists and deletes them: filtered, with their run and their feedback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from flowisectl.database.access import Database
from flowisectl.database.chat_message import OLDEST_FIRST, ChatMessage, parsed
from flowisectl.database.chat_message_feedback import ChatMessageFeedback
from flowisectl.database.execution import Execution
from flowisectl.database.lookup import Row
from flowisectl.database.rows import can_hold, table_of

MESSAGES = table_of(ChatMessage)
FEEDBACK = table_of(ChatMessageFeedback)
EXECUTIONS = table_of(Execution)


@dataclass(frozen=True, kw_only=True)
class MessageFilter:
    """Which messages of a flow; a field left empty does not narrow the choice."""

    chat_types: Sequence[str] = ()
    chat_id: str | None = None
    memory_type: str | None = None
    session_id: str | None = None
    message_id: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    feedback_types: Sequence[str] = ()
    """`THUMBS_UP`, `THUMBS_DOWN`: only answers that were rated so, each with the question before it."""


@dataclass(frozen=True, kw_only=True)
class DeletedMessages:
    affected: int
    chat_ids: tuple[str, ...] = ()
    """The chats that lost messages; their stored files go too."""


async def list_messages(
    database: Database,
    flow_id: str,
    filter: MessageFilter = MessageFilter(),
    *,
    order: str = "ASC",
    with_feedback: bool = False,
    page: int | None = None,
    limit: int | None = None,
) -> list[Row]:
    """A flow's messages by date (`order` is `DESC` or else ascending), JSON columns parsed, each with `execution` (a row or None).

    `with_feedback` adds `feedback` (a row or None). Page and limit count sessions, by their newest message and in that order too, and
    only with `with_feedback`; of feedback types, only the sessions that have such a rating. Rated answers with their questions come
    oldest first in either order, as Flowise gives them.
    """
    conditions = _conditions(database, flow_id, filter)
    if with_feedback and page and limit:
        newest = sa.func.max(MESSAGES.c.createdDate)
        rated_so = FEEDBACK.c.messageId == MESSAGES.c.id, FEEDBACK.c.rating.in_(list(filter.feedback_types))
        wanted = [sa.exists().where(*rated_so)] if filter.feedback_types else []
        sessions = sa.select(MESSAGES.c.sessionId).where(*conditions, *wanted).group_by(MESSAGES.c.sessionId)
        sessions = sessions.order_by(newest.desc() if order == "DESC" else newest)
        chosen = [row["sessionId"] for row in await database.fetch(sessions.limit(limit).offset((page - 1) * limit))]
        conditions.append(MESSAGES.c.sessionId.in_(chosen))
    rows = await database.fetch(database.selection(MESSAGES).where(*conditions).order_by(*OLDEST_FIRST))
    runs = await _rows_by(database, EXECUTIONS, "id", [row["executionId"] for row in rows if row["executionId"]])
    rated = await _rows_by(database, FEEDBACK, "messageId", [row["id"] for row in rows]) if with_feedback or filter.feedback_types else {}
    if filter.feedback_types:
        rows = _rated(rows, rated, filter.feedback_types)
    if order == "DESC" and not filter.feedback_types:
        rows.reverse()
    for row in rows:
        parsed(row)["execution"] = runs.get(row["executionId"])
        if with_feedback:
            row["feedback"] = rated.get(row["id"])
    return rows


async def delete_messages(database: Database, flow_id: str, filter: MessageFilter = MessageFilter()) -> DeletedMessages:
    """Delete a flow's messages with their feedback.

    With a chat id all feedback of the chat goes; without one only that of the messages, and the runs that they belong to.
    """
    if filter.feedback_types:
        rows = await list_messages(database, flow_id, filter)
    else:
        columns = sa.select(MESSAGES.c.id, MESSAGES.c.chatId, MESSAGES.c.executionId)
        rows = await database.fetch(columns.where(*_conditions(database, flow_id, filter)))
    ids = [row["id"] for row in rows]
    runs = list({row["executionId"] for row in rows if row["executionId"]})
    affected = 0
    async with database.write() as connection:
        for part in _parts(ids):
            affected += int((await connection.execute(MESSAGES.delete().where(MESSAGES.c.id.in_(part)))).rowcount)
            await connection.execute(FEEDBACK.delete().where(FEEDBACK.c.messageId.in_(part)))
        if filter.chat_id and can_hold(database, flow_id):
            await connection.execute(FEEDBACK.delete().where(FEEDBACK.c.chatflowid == flow_id, FEEDBACK.c.chatId == filter.chat_id))
        elif not filter.chat_id:
            for part in _parts(runs):
                await connection.execute(EXECUTIONS.delete().where(EXECUTIONS.c.id.in_(part)))
    return DeletedMessages(affected=affected, chat_ids=tuple(dict.fromkeys(row["chatId"] for row in rows)))


async def message_statistics(database: Database, flow_id: str, filter: MessageFilter = MessageFilter()) -> dict[str, int]:
    """`{totalMessages, totalSessions, totalFeedback, positiveFeedback}` of the messages that the filter chooses."""
    if filter.feedback_types:
        rows = await list_messages(database, flow_id, filter)
        ids = [row["id"] for row in rows]
        feedback = await _rows_by(database, FEEDBACK, "messageId", ids)
        ratings = [row["rating"] for row in feedback.values()]
        sessions = {row["sessionId"] for row in rows if row["sessionId"]}
        return _statistics(len(rows), len(sessions), len(ratings), ratings.count("THUMBS_UP"))
    conditions = _conditions(database, flow_id, filter)
    counts = sa.select(sa.func.count().label("messages"), sa.func.count(sa.distinct(MESSAGES.c.sessionId)).label("sessions"))
    counted = (await database.fetch(counts.select_from(MESSAGES).where(*conditions)))[0]
    positive = sa.func.sum(sa.case((FEEDBACK.c.rating == "THUMBS_UP", 1), else_=0)).label("positive")
    rated = sa.select(sa.func.count().label("rated"), positive).select_from(FEEDBACK.join(MESSAGES, MESSAGES.c.id == FEEDBACK.c.messageId))
    ratings_of = (await database.fetch(rated.where(*conditions)))[0]
    return _statistics(counted["messages"], counted["sessions"], ratings_of["rated"], ratings_of["positive"] or 0)


def _statistics(messages: int, sessions: int, feedback: int, positive: int) -> dict[str, int]:
    return {
        "totalMessages": int(messages),
        "totalSessions": int(sessions),
        "totalFeedback": int(feedback),
        "positiveFeedback": int(positive),
    }


def _conditions(database: Database, flow_id: str, filter: MessageFilter) -> list[sa.ColumnElement[bool]]:
    if not can_hold(database, flow_id):
        return [sa.false()]
    conditions: list[sa.ColumnElement[bool]] = [MESSAGES.c.chatflowid == flow_id]
    if filter.chat_types:
        conditions.append(MESSAGES.c.chatType.in_(list(filter.chat_types)))
    if filter.chat_id:
        conditions.append(MESSAGES.c.chatId == filter.chat_id)
    if filter.memory_type:
        conditions.append(MESSAGES.c.memoryType == filter.memory_type)
    if filter.session_id:
        conditions.append(MESSAGES.c.sessionId == filter.session_id)
    if filter.message_id:
        conditions.append(MESSAGES.c.id == filter.message_id if can_hold(database, filter.message_id) else sa.false())
    if filter.start_date:
        conditions.append(MESSAGES.c.createdDate >= filter.start_date)
    if filter.end_date:
        conditions.append(MESSAGES.c.createdDate <= filter.end_date)
    return conditions


def _rated(rows: list[Row], feedback: dict[str, Row], wanted: Sequence[str]) -> list[Row]:
    """Answers with such a rating, each with the message right before it in its session."""
    kept: set[str] = set()
    previous: dict[str | None, Row] = {}
    for row in rows:
        rating = feedback.get(row["id"])
        if row["role"] == "apiMessage" and rating and rating["rating"] in wanted:
            kept.add(row["id"])
            if row["sessionId"] in previous:
                kept.add(previous[row["sessionId"]]["id"])
        previous[row["sessionId"]] = row
    return [row for row in rows if row["id"] in kept]


async def _rows_by(database: Database, table: sa.Table, column: str, values: list[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for part in _parts(list(dict.fromkeys(values))):
        for row in await database.fetch(database.selection(table).where(table.c[column].in_(part))):
            found[row[column]] = row
    return found


def _parts(values: list[str], size: int = 1000) -> list[list[str]]:
    """Long lists in parts: databases bound the number of values of one statement."""
    return [values[start : start + size] for start in range(0, len(values), size)]
