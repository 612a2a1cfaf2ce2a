"""Flows, and requests that lay settings over them, that name what belongs to another workspace: to the run it is not there."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from flowisectl.database.api_key import insert_api_key
from flowisectl.database.chat_flow import insert_flow, update_flow
from flowisectl.database.credential import insert_credential
from flowisectl.database.tool import insert_tool
from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.engine.events import NoEvents
from flowisectl.errors import FlowNotFound, NotFound
from flowisectl.predictions.runner import NestedFlows, PredictionRunner
from flowisectl.runs.context import RunIds, RunServices, run_context
from flowisectl.secrets.api_keys import make_api_key
from flowisectl.secrets.vault import CredentialVault
from flowisectl.testing import NullTrace

MINE, THEIRS = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
REPLY = (
    '{"nodes": [{"id": "startAgentflow_0", "data": {"id": "startAgentflow_0", "name": "startAgentflow", "label": "Start",'
    ' "category": "Agent Flows", "inputs": {"startInputType": "chatInput"}}}], "edges": []}'
)


def context_of(services: RunServices, workspace: str) -> RunContext:
    ids = RunIds(flow_id="f", chat_id="chat", session_id="chat", message_id="m", workspace_id=workspace)
    runner = PredictionRunner(services)
    flows = NestedFlows(services, runner)
    return run_context(services, ids, RunRequest(question="Q"), events=NoEvents(), trace=NullTrace(), flows=flows)


@pytest.mark.parametrize(("owner", "is_found"), [(MINE, True), (THEIRS, False), (None, True)])
async def test_a_run_opens_credentials_of_its_own_workspace_and_those_of_nobody(
    services: RunServices, owner: str | None, is_found: bool
) -> None:
    sealed = CredentialVault(services.database, "key").seal({"password": "p"})
    row = {"name": "c", "credentialName": "t", "encryptedData": sealed, "workspaceId": owner}
    id = str((await insert_credential(services.database, row))["id"])

    fields = await context_of(services, MINE).credentials.fields(id)

    assert fields == ({"password": "p"} if is_found else {})


async def test_a_credential_that_another_workspace_has_just_used_stays_closed(services: RunServices) -> None:
    sealed = CredentialVault(services.database, "key").seal({"password": "p"})
    row = {"name": "c", "credentialName": "t", "encryptedData": sealed, "workspaceId": THEIRS}
    id = str((await insert_credential(services.database, row))["id"])
    assert await context_of(services, THEIRS).credentials.fields(id) == {"password": "p"}

    assert await context_of(services, MINE).credentials.fields(id) == {}


async def test_a_tool_of_another_workspace_is_not_found(services: RunServices) -> None:
    row = {"name": "t", "description": "d", "color": "", "func": "return 1"}
    mine, theirs = [str((await insert_tool(services.database, {**row, "workspaceId": owner}))["id"]) for owner in (MINE, THEIRS)]

    tools = context_of(services, MINE).tools

    assert (await tools.get(mine))["func"] == "return 1"
    with pytest.raises(NotFound, match=f"Tool {theirs} not found"):
        await tools.get(theirs)


async def test_a_flow_of_another_workspace_is_not_found_unless_its_key_is_there(services: RunServices) -> None:
    made = make_api_key()
    key = await insert_api_key(
        services.database, {"keyName": "k", "apiKey": made.key, "apiSecret": made.secret, "permissions": "[]", "workspaceId": THEIRS}
    )
    row = {"name": "f", "flowData": REPLY, "type": "AGENTFLOW"}
    mine, open_one, bound = [
        str((await insert_flow(services.database, {**row, "workspaceId": owner}))["id"]) for owner in (MINE, THEIRS, THEIRS)
    ]
    await update_flow(services.database, bound, {"apikeyid": key["id"]})
    context = replace(context_of(services, MINE), message_id=str(uuid.uuid4()))

    async def run(flow_id: str, api_key: str = "") -> bool:
        answer = await context.flows.run(flow_id, RunRequest(question="Q"), context, chat_id="chat", api_key=api_key)
        return "chatId" in answer

    assert await run(mine) and await run(bound, made.key)
    with pytest.raises(FlowNotFound, match=open_one):
        await run(open_one)
