from __future__ import annotations

import asyncio

import orjson

from flowisectl.database import chat_flow, chat_message, execution
from flowisectl.database.column_types import iso_of_epoch, new_id
from flowisectl.database.connection import Database
from flowisectl.database.execution_listing import list_executions


async def test_a_run_begins_in_progress_and_is_rewritten(database: Database) -> None:
    flow_id = new_id()
    made = await execution.insert_execution(database, {"agentflowId": flow_id, "sessionId": "s"})

    await execution.update_execution(database, made["id"], {"executionData": [{"nodeId": "n0"}], "state": "FINISHED"})

    row = await execution.latest_execution(database, flow_id, "s")
    assert made["state"] == "INPROGRESS" and made["executionData"] == "[]"
    assert row is not None
    assert orjson.loads(row["executionData"]) == [{"nodeId": "n0"}]
    assert row["state"] == "FINISHED" and row["stoppedDate"] is None
    assert row["updatedDate"] >= made["updatedDate"]
    assert row == await execution.get_execution(database, made["id"])


async def test_stopping_sets_the_date_of_the_stop(database: Database) -> None:
    made = await execution.insert_execution(database, {"agentflowId": new_id(), "sessionId": "s"})

    await execution.update_execution(database, made["id"], {"state": "STOPPED", "action": {"id": "human"}})

    row = await execution.get_execution(database, made["id"])
    assert row is not None and row["stoppedDate"] == row["updatedDate"]
    assert row["action"] == '{"id":"human"}'


async def test_latest_run_is_the_newest_of_that_flow_and_session(database: Database) -> None:
    flow_id = new_id()
    for number in range(3):
        run = {"agentflowId": flow_id, "sessionId": "s", "createdDate": iso_of_epoch(1_790_000_000_000 + number)}
        last = await execution.insert_execution(database, run)
    await execution.insert_execution(database, {"agentflowId": flow_id, "sessionId": "other"})
    await execution.insert_execution(database, {"agentflowId": new_id(), "sessionId": "s"})

    latest = await execution.latest_execution(database, flow_id, "s")

    assert latest is not None and latest["id"] == last["id"]
    assert await execution.latest_execution(database, flow_id, "none") is None
    assert await execution.latest_execution(database, "no-uuid", "s") is None


async def test_many_runs_at_once_each_keep_their_own_data(database: Database) -> None:
    flow_id = new_id()

    async def run(number: int) -> None:
        made = await execution.insert_execution(database, {"agentflowId": flow_id, "sessionId": f"s{number}"})
        await execution.update_execution(database, made["id"], {"executionData": [number], "state": "FINISHED"})

    await asyncio.gather(*[run(number) for number in range(100)])

    rows = [await execution.latest_execution(database, flow_id, f"s{number}") for number in range(100)]
    assert [orjson.loads(row["executionData"]) for row in rows if row] == [[number] for number in range(100)]


async def test_listing_filters_and_pages_with_the_flow_beside_each_run(database: Database) -> None:
    flow = await chat_flow.insert_flow(database, {"name": "Agent_X", "flowData": "{}", "type": "AGENTFLOW"})
    made = []
    for number in range(15):
        state = "FINISHED" if number % 2 else "ERROR"
        row = {"agentflowId": flow["id"], "sessionId": f"Chat_{number}", "state": state}
        made.append(await execution.insert_execution(database, {**row, "updatedDate": iso_of_epoch(1_790_000_000_000 + number)}))

    page, total = await list_executions(database, workspace_id=None)
    second, _ = await list_executions(database, workspace_id=None, page=2)
    finished, finished_total = await list_executions(database, workspace_id=None, agentflow_id=flow["id"], state="FINISHED")
    by_name, name_total = await list_executions(database, workspace_id=None, agentflow_name="agent_")
    by_session, _ = await list_executions(database, workspace_id=None, session_id="chat_14")

    assert [row["id"] for row in page] == [row["id"] for row in reversed(made)][:12]
    assert len(second) == 3 and total == 15
    assert page[0]["agentflow"]["name"] == "Agent_X"
    assert {row["state"] for row in finished} == {"FINISHED"} and finished_total == 7
    assert len(by_name) == 12 and name_total == 15
    assert [row["id"] for row in by_session] == [made[14]["id"]]
    assert (await list_executions(database, workspace_id=None, agentflow_name="a%x"))[1] == 0
    assert (await list_executions(database, workspace_id=None, execution_id=made[3]["id"]))[1] == 1
    assert (await list_executions(database, workspace_id=None, execution_id="no-uuid"))[1] == 0
    assert (await list_executions(database, workspace_id=new_id()))[1] == 0


async def test_deleting_runs_frees_their_messages(database: Database) -> None:
    flow_id, message_id = new_id(), new_id()
    run = await execution.insert_execution(database, {"agentflowId": flow_id, "sessionId": "s"})
    message = {"id": message_id, "role": "apiMessage", "chatflowid": flow_id, "content": "x", "chatId": "s", "executionId": run["id"]}
    await chat_message.insert_messages(database, [message])

    assert await execution.delete_executions(database, [run["id"], "no-uuid"], new_id()) == 0
    deleted = await execution.delete_executions(database, [run["id"], "no-uuid", run["id"]])

    stored = await chat_message.get_message(database, message_id)
    assert deleted == 1
    assert stored is not None and stored["executionId"] is None
