from __future__ import annotations

import asyncio

from flowisectl.database import checkpoint
from flowisectl.database.column_types import new_id
from flowisectl.database.connection import Database
from flowisectl.runs.agent_states import DatabaseAgentStates


async def test_the_newest_state_of_a_session_is_kept(database: Database) -> None:
    states, flow_id = DatabaseAgentStates(database), new_id()

    await states.save(flow_id, "s", {"version": 1, "messages": [{"content": "naïve ✓"}]})
    await states.save(flow_id, "s", {"version": 1, "messages": []})
    await states.save(flow_id, "other", {"version": 1, "messages": [1]})

    assert await states.load(flow_id, "s") == {"version": 1, "messages": []}
    assert await states.load(flow_id, "none") is None
    assert await states.load(new_id(), "s") is None


async def test_a_session_can_be_forgotten_alone_or_with_its_flow(database: Database) -> None:
    states, flow_id = DatabaseAgentStates(database), new_id()
    for session in ("a", "b", "c", "d"):
        await states.save(flow_id, session, {"of": session})

    await states.forget(flow_id, "a")
    one = await checkpoint.delete_checkpoints(database, flow_id, "b")
    left = [await states.load(flow_id, session) for session in ("a", "b", "c")]
    rest = await checkpoint.delete_checkpoints(database, flow_id)

    assert left == [None, None, {"of": "c"}]
    assert (one, rest) == (1, 2)
    assert await states.load(flow_id, "d") is None


async def test_many_sessions_at_once_each_keep_their_own(database: Database) -> None:
    states, flow_id = DatabaseAgentStates(database), new_id()

    await asyncio.gather(*[states.save(flow_id, f"s{number}", {"n": number}) for number in range(100)])

    found = await asyncio.gather(*[states.load(flow_id, f"s{number}") for number in range(100)])
    assert found == [{"n": number} for number in range(100)]
