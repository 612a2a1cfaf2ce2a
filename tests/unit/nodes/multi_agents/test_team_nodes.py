"""Supervisor and worker, alone; their work together is tested in tests/unit/engine/legacy/test_teams_running.py."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.legacy.parts import GraphState, SupervisorPart, Turn
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput
from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.interfaces.message import ChatMessage, ToolCall
from flowisectl.nodes.multi_agents.supervisor import Supervisor
from flowisectl.nodes.multi_agents.worker import Worker
from flowisectl.testing import ScriptedChatModel, run_context

STATE = GraphState(messages=(ChatMessage(role="user", content="q"),), values={"team_members": "a, b", "instructions": "go"})


async def supervisor(model: ScriptedChatModel, **inputs: Any) -> SupervisorPart:
    return await Supervisor().build(NodeInputs({"model": model, **inputs}, node_id="s_0", label="Supervisor"), run_context(question="q"))


class TestSupervisor:
    async def test_it_states_a_decision(self) -> None:
        model = ScriptedChatModel(
            ChatReply(tool_calls=(ToolCall(id="1", name="route", arguments={"next": "The A", "instructions": "go"}),))
        )
        part = await supervisor(model)

        update = await part.act(Turn(model=model, state=STATE, team=("the_a", "b")))

        assert update.values == {"next": "the_a", "instructions": "go", "team_members": "the_a, b"}
        assert update.messages == ()
        assert "the_a, b" in model.calls[0].texts[0][1] and "FINISH, the_a, b" in model.calls[0].texts[-1][1]

    async def test_its_settings_reach_the_graph(self) -> None:
        part = await supervisor(ScriptedChatModel(), recursionLimit="7", supervisorName="Boss", agentMemory="any")

        assert (part.step_limit, part.label, part.remembers) == (7, "Boss", True)
        assert set(part.channels) == {"next", "instructions", "team_members", "summarization"}

    async def test_a_missing_model_is_named(self) -> None:
        with pytest.raises(MissingInput, match="'model'"):
            await Supervisor().build(NodeInputs({}, node_id="s_0"), run_context())


class TestWorker:
    async def work(self, graph_model: ScriptedChatModel, **inputs: Any) -> ChatMessage:
        values = {"supervisor": "any", "workerName": "My Worker", **inputs}
        part = await Worker().build(NodeInputs(values, node_id="w_0", label="Worker"), run_context(question="q"))
        return (await part.act(Turn(model=graph_model, state=STATE))).messages[0]

    async def test_it_answers_in_its_name(self) -> None:
        message = await self.work(ScriptedChatModel("done"))

        assert (message.role, message.text, message.name) == ("user", "done", "my_worker")
        assert message.extra == {"nodeId": "w_0", "type": "worker"}

    async def test_a_prompt_may_place_the_instructions_itself(self) -> None:
        model = ScriptedChatModel("done")

        await self.work(model, workerPrompt="{instructions}!", promptValues={"x": 1})

        system = model.calls[0].texts[0][1]
        assert system.startswith("go!") and system.count("go!") == 1 and "instructions for your next step" not in system

    async def test_its_own_model_goes_before_the_supervisors(self) -> None:
        assert (await self.work(ScriptedChatModel("theirs"), model=ScriptedChatModel("mine"))).text == "mine"

    async def test_prompt_values_that_are_no_object_name_the_node(self) -> None:
        with pytest.raises(InvalidFlow, match="'w_0'"):
            await self.work(ScriptedChatModel(), promptValues="[1")

    async def test_a_worker_without_supervisor_is_refused(self) -> None:
        with pytest.raises(MissingInput, match="'supervisor'"):
            await Worker().build(NodeInputs({}, node_id="w_0"), run_context())
