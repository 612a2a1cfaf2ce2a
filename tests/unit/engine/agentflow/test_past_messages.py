"""Reading a session: as much as is needed, and once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flowisectl.engine.agentflow.messages import PastMessages
from flowisectl.engine.context import StoredMessage
from flowisectl.testing import InMemoryHistory, run_context


class CountingHistory(InMemoryHistory):
    """Notes the limit of every read."""

    def __init__(self, *texts: str) -> None:
        super().__init__(*(StoredMessage(role="userMessage", content=text) for text in texts))
        self.limits: list[int | None] = []

    async def messages(self, flow_id: str, session_id: str, limit: int | None = None) -> Sequence[StoredMessage]:
        self.limits.append(limit)
        return await super().messages(flow_id, session_id, limit)


def past_of(history: CountingHistory) -> PastMessages:
    return PastMessages(replace(run_context(), history=history))


async def texts(past: PastMessages, newest: int | None = None) -> list[str]:
    return [message["content"] for message in await past.read(newest)]


async def test_only_the_newest_messages_are_read_when_no_more_are_needed() -> None:
    history = CountingHistory("a", "b", "c")

    assert await texts(past_of(history), 2) == ["b", "c"]
    assert history.limits == [2]


async def test_what_was_read_is_enough_for_who_needs_less() -> None:
    history = CountingHistory("a", "b", "c")
    past = past_of(history)

    assert await texts(past, 2) == ["b", "c"]
    assert await texts(past, 1) == ["c"]
    assert await texts(past, 0) == []
    assert history.limits == [2]


async def test_who_needs_more_gets_more() -> None:
    history = CountingHistory("a", "b", "c")
    past = past_of(history)

    assert await texts(past, 1) == ["c"]
    assert await texts(past, 2) == ["b", "c"]
    assert await texts(past) == ["a", "b", "c"]
    assert await texts(past, 9) == ["a", "b", "c"]
    assert history.limits == [1, 2, None]
