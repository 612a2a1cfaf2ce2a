"""Flows are kept in memory, and yet never older than a second, whoever changed them; however many there are costs one query."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from flowisectl.database.chat_flow import delete_flow, insert_flow, update_flow
from flowisectl.database.connection import Database, open_database
from flowisectl.database.lookup import Row
from flowisectl.errors import DatabaseUnavailable, FlowNotFound
from flowisectl.runs.flows import AHEAD_SECONDS, FRESH_SECONDS, USED_SECONDS, FlowStore

WAIT_SECONDS = 20


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Questions:
    """What the database was asked, and a gate before which questions can be made to wait."""

    def __init__(self, database: Database) -> None:
        self.texts: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.came = asyncio.Event()
        self.failure: Exception | None = None
        self._fetch = database.fetch
        database.fetch = self.fetch  # type: ignore[method-assign]

    async def fetch(self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        self.texts.append(str(statement))
        rows = await self._fetch(statement, parameters)
        self.came.set()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return rows

    @property
    def looks(self) -> int:
        return len([text for text in self.texts if "flowData" not in text])

    @property
    def reads(self) -> int:
        return len(self.texts) - self.looks


@pytest.fixture
async def elsewhere(database: Database) -> AsyncIterator[Database]:
    """The same database as another program has it open, which tells nobody what it changes."""
    async with open_database(database.settings, migrate=False) as other:
        yield other


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def questions(database: Database) -> Questions:
    return Questions(database)


@pytest.fixture
def flows(database: Database, clock: Clock, questions: Questions) -> FlowStore:
    return FlowStore(database, clock=clock)


async def new_flow(database: Database, label: str = "first") -> str:
    return str((await insert_flow(database, {"name": "f", "flowData": flow_data(label)}))["id"])


def flow_data(label: str) -> str:
    node = {"id": "llmChain_0", "data": {"id": "llmChain_0", "name": "llmChain", "label": label, "inputs": {}}}
    return json.dumps({"nodes": [node], "edges": []})


async def label_of(flows: FlowStore, flow_id: str) -> str:
    return (await flows.get(flow_id)).flow.nodes[0].label


async def until_looked(questions: Questions, looks: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while questions.looks < looks:
            questions.came.clear()
            await questions.came.wait()
        await asyncio.sleep(0)  # what waits for the answer has it


async def test_within_a_second_nothing_is_asked_again(flows: FlowStore, clock: Clock, questions: Questions, database: Database) -> None:
    flow_id = await new_flow(database)
    await flows.get(flow_id)

    clock.now += AHEAD_SECONDS - 0.01
    again = [await flows.get(flow_id) for _ in range(5)]

    assert len({id(stored) for stored in again}) == 1
    assert (questions.looks, questions.reads) == (0, 1)


async def test_many_flows_in_use_are_looked_at_by_one_query(
    flows: FlowStore, clock: Clock, questions: Questions, database: Database
) -> None:
    ids = [await new_flow(database, f"flow {number}") for number in range(150)]
    before = [await flows.get(flow_id) for flow_id in ids]
    assert (questions.looks, questions.reads) == (0, 150)

    clock.now += FRESH_SECONDS + 0.1
    after = [await flows.get(flow_id) for flow_id in ids]

    assert (questions.looks, questions.reads) == (1, 150)
    assert all(one is other for one, other in zip(before, after, strict=True))


async def test_flows_asked_for_at_once_share_a_look(flows: FlowStore, clock: Clock, questions: Questions, database: Database) -> None:
    ids = [await new_flow(database) for _ in range(20)]
    await asyncio.gather(*(flows.get(flow_id) for flow_id in ids))

    clock.now += FRESH_SECONDS + 0.1
    await asyncio.gather(*(flows.get(flow_id) for flow_id in ids * 3))

    assert (questions.looks, questions.reads) == (1, 20)


async def test_what_another_program_changed_shows_within_a_second(
    flows: FlowStore, clock: Clock, database: Database, elsewhere: Database
) -> None:
    flow_id, other_id = await new_flow(database), await new_flow(database)
    assert await label_of(flows, flow_id) == await label_of(flows, other_id) == "first"
    kept = await flows.get(other_id)

    await update_flow(elsewhere, flow_id, {"flowData": flow_data("second")})
    clock.now += FRESH_SECONDS

    assert await label_of(flows, flow_id) == "second"
    assert await flows.get(other_id) is kept


async def test_what_another_program_changed_shows_while_the_flow_is_always_in_use(
    flows: FlowStore, clock: Clock, questions: Questions, database: Database, elsewhere: Database
) -> None:
    flow_id = await new_flow(database)
    await flows.get(flow_id)
    await update_flow(elsewhere, flow_id, {"flowData": flow_data("second")})

    clock.now += AHEAD_SECONDS
    assert await label_of(flows, flow_id) == "first"  # at once, while the database is being asked
    await until_looked(questions, 1)

    assert await label_of(flows, flow_id) == "second"


async def test_a_flow_in_use_is_looked_at_before_anybody_has_to_wait(
    flows: FlowStore, clock: Clock, questions: Questions, database: Database
) -> None:
    flow_id = await new_flow(database)
    await flows.get(flow_id)
    clock.now += AHEAD_SECONDS
    await flows.get(flow_id)
    await until_looked(questions, 1)

    clock.now += FRESH_SECONDS - AHEAD_SECONDS + 0.1  # more than a second after it was read
    await flows.get(flow_id)

    assert (questions.looks, questions.reads) == (1, 1)


async def test_flows_that_nobody_wants_are_not_looked_at(flows: FlowStore, clock: Clock, questions: Questions, database: Database) -> None:
    idle, busy = await new_flow(database), await new_flow(database)
    await flows.get(idle)
    clock.now += USED_SECONDS + 0.1
    await flows.get(busy)
    clock.now += FRESH_SECONDS
    await flows.get(busy)

    await flows.get(idle)

    assert (questions.looks, questions.reads) == (2, 2)


async def test_a_flow_deleted_by_another_program_is_gone_within_a_second(
    flows: FlowStore, clock: Clock, database: Database, elsewhere: Database
) -> None:
    flow_id = await new_flow(database)
    await flows.get(flow_id)

    await delete_flow(elsewhere, flow_id)
    clock.now += FRESH_SECONDS

    with pytest.raises(FlowNotFound):
        await flows.get(flow_id)


async def test_a_change_that_is_told_shows_at_once(flows: FlowStore, questions: Questions, database: Database, elsewhere: Database) -> None:
    flow_id, other_id = await new_flow(database), await new_flow(database)
    await flows.get(flow_id), await flows.get(other_id)

    await update_flow(elsewhere, flow_id, {"flowData": flow_data("second")})
    flows.drop_all()

    assert await label_of(flows, flow_id) == "second"
    await flows.get(other_id)
    assert questions.reads == 3  # the flow that did not change was not read again


async def test_a_change_told_while_the_database_is_asked_is_not_missed(
    flows: FlowStore, clock: Clock, questions: Questions, database: Database, elsewhere: Database
) -> None:
    flow_id = await new_flow(database)
    await flows.get(flow_id)
    clock.now += AHEAD_SECONDS
    questions.came.clear()
    questions.gate.clear()
    assert await label_of(flows, flow_id) == "first"
    async with asyncio.timeout(WAIT_SECONDS):
        await questions.came.wait()  # the old version was read, and is on its way

    await update_flow(elsewhere, flow_id, {"flowData": flow_data("second")})
    flows.drop_all()
    late = [task for task in asyncio.all_tasks() if task.get_name() == "flow versions"]
    questions.gate.set()
    await asyncio.wait(late, timeout=WAIT_SECONDS)

    assert await label_of(flows, flow_id) == "second"


async def test_a_change_told_while_the_row_is_read_is_not_missed(
    flows: FlowStore, questions: Questions, database: Database, elsewhere: Database
) -> None:
    flow_id = await new_flow(database)
    questions.gate.clear()
    reading = asyncio.create_task(label_of(flows, flow_id))
    async with asyncio.timeout(WAIT_SECONDS):
        await questions.came.wait()

    await update_flow(elsewhere, flow_id, {"flowData": flow_data("second")})
    flows.drop_all()
    questions.gate.set()

    assert await reading == "first"  # it was asked for before the change
    assert await label_of(flows, flow_id) == "second"


async def test_a_flow_wanted_by_many_at_once_is_read_once(flows: FlowStore, questions: Questions, database: Database) -> None:
    flow_id = await new_flow(database)

    stored = await asyncio.gather(*(flows.get(flow_id) for _ in range(50)))

    assert len({id(one) for one in stored}) == 1
    assert questions.reads == 1


async def test_one_that_gives_up_takes_nothing_from_others(flows: FlowStore, questions: Questions, database: Database) -> None:
    flow_id = await new_flow(database)
    questions.gate.clear()
    hasty, patient = asyncio.create_task(flows.get(flow_id)), asyncio.create_task(flows.get(flow_id))
    async with asyncio.timeout(WAIT_SECONDS):
        await questions.came.wait()

    hasty.cancel()
    await asyncio.wait([hasty])
    questions.gate.set()

    assert hasty.cancelled()
    assert (await patient).flow.id == flow_id


async def test_a_version_that_is_kept_is_served_however_old_it_is(
    flows: FlowStore, clock: Clock, questions: Questions, database: Database, elsewhere: Database
) -> None:
    flow_id = await new_flow(database)
    version = (await flows.get(flow_id)).flow.version
    clock.now += 3600

    assert (await flows.get(flow_id, version)).flow.version == version
    assert len(questions.texts) == 1

    changed = await update_flow(elsewhere, flow_id, {"flowData": flow_data("second")})
    assert changed is not None
    newer = await flows.get(flow_id, changed["updatedDate"])

    assert newer.flow.nodes[0].label == "second"
    assert questions.reads == 2


async def test_a_database_that_does_not_answer_is_told_and_nothing_old_is_served(
    flows: FlowStore, clock: Clock, questions: Questions, database: Database
) -> None:
    flow_id = await new_flow(database)
    await flows.get(flow_id)
    questions.failure = DatabaseUnavailable("the database is away")

    clock.now += FRESH_SECONDS

    with pytest.raises(DatabaseUnavailable, match="away"):
        await flows.get(flow_id)
    questions.failure = None
    assert await label_of(flows, flow_id) == "first"
