"""Runs that stop for a human and go on as the human decides: Human Input, and tools that need approval."""

from __future__ import annotations

from typing import Any

import pytest
from agentflow_building import agentflow, chain, llm, node, reply, start
from agentflow_sessions import AddTool, Session, agent, data, wants_sum

from flowisectl.engine.flow import Flow
from flowisectl.errors import InvalidRequest, NodeError
from flowisectl.testing import ScriptedChatModel


def human_flow(**inputs: Any) -> Flow:
    human = node("humanInputAgentflow_0", {"humanInputDescriptionType": "fixed", "humanInputDescription": "<p>ok?</p>", **inputs})
    rows = [{"key": "k", "value": "{{ output }}"}]
    return agentflow(
        [
            start(startState=[{"key": "k", "value": "v0"}]),
            llm(llmUpdateState=rows),
            human,
            reply(0, "<p>yes {{ $flow.state.k }}</p>"),
            reply(1, "<p>no</p>"),
        ],
        [
            ("startAgentflow_0", "llmAgentflow_0"),
            ("llmAgentflow_0", "humanInputAgentflow_0"),
            ("humanInputAgentflow_0", "directReplyAgentflow_0", 0),
            ("humanInputAgentflow_0", "directReplyAgentflow_1", 1),
        ],
    )


async def test_a_run_stops_for_a_human() -> None:
    session = Session(ScriptedChatModel("DRAFT"))

    result = await session.ask(human_flow(), "Q")

    assert session.trace()[-8:] == [
        "2 executed",
        "humanInput INPROGRESS",
        "say DRAFT\n\nok?",
        "humanInput STOPPED",
        "3 executed",
        "run STOPPED",
        "action",
        "run STOPPED",
    ]
    action = result.fields["action"]
    assert [element["label"] for element in action["elements"]] == ["Proceed", "Reject"]
    assert action["data"]["nodeId"] == "humanInputAgentflow_0"
    assert result.stored["action"] == action
    assert (result.text, result.clears_action, session.states) == ("DRAFT\n\nok?", False, ["STOPPED"])


@pytest.mark.parametrize(("kind", "text"), [("proceed", "yes DRAFT"), ("reject", "no")])
async def test_a_stopped_run_goes_on_as_the_human_decides(kind: str, text: str) -> None:
    session = Session(ScriptedChatModel("DRAFT"))
    first = await session.ask(human_flow(), "Q")

    result = await session.ask(human_flow(), human_input={"type": kind, "feedback": "fine"})

    assert session.trace() == [
        "run INPROGRESS",
        "humanInput INPROGRESS",
        "humanInput FINISHED",
        "3 executed",
        "directReply INPROGRESS",
        f"say {text}",
        "directReply FINISHED",
        "4 executed",
        "run FINISHED",
    ]
    assert (result.text, result.user_content, result.clears_action) == (text, "fine", True)
    assert result.execution_id == first.execution_id
    assert "question" not in result.fields
    assert session.states == ["FINISHED"]
    assert data(result, "humanInputAgentflow_0")["chatHistory"] == [{"role": "user", "content": "fine"}]


async def test_only_a_stopped_run_can_go_on() -> None:
    session = Session(ScriptedChatModel("DRAFT"))
    await session.ask(human_flow(), "Q")
    await session.ask(human_flow(), human_input={"type": "proceed"})

    with pytest.raises(InvalidRequest, match=r"Cannot resume execution .* because it is in 'FINISHED' state"):
        await session.ask(human_flow(), human_input={"type": "proceed"})


async def test_a_run_that_failed_cannot_go_on_unless_it_had_stopped_before() -> None:
    session = Session(ScriptedChatModel(ValueError("no answer")))
    with pytest.raises(NodeError, match="no answer"):
        await session.ask(human_flow(), "Q")

    with pytest.raises(InvalidRequest, match=r"in 'ERROR' state and the previous item is not in 'STOPPED' state"):
        await session.ask(human_flow(), human_input={"type": "proceed"})


async def test_a_resume_that_fails_can_be_tried_again() -> None:
    session = Session(ScriptedChatModel("DRAFT"))
    await session.ask(human_flow(), "Q")
    with pytest.raises(NodeError, match="must be 'proceed' or 'reject'"):
        await session.ask(human_flow(), human_input={"type": "perhaps"})

    result = await session.ask(human_flow(), human_input={"type": "proceed"})

    assert result.text == "yes DRAFT"


async def test_a_resume_needs_an_earlier_run_and_a_node_of_it() -> None:
    session = Session(ScriptedChatModel("DRAFT"))

    with pytest.raises(InvalidRequest, match="No previous execution found for session session-1"):
        await session.ask(human_flow(), human_input={"type": "proceed"})
    await session.ask(human_flow(), "Q")
    with pytest.raises(InvalidRequest, match=r"^Node other_0 not found in previous execution"):
        await session.ask(human_flow(), human_input={"type": "proceed", "startNodeId": "other_0"})


async def test_an_agent_asks_before_it_uses_a_tool_that_needs_approval() -> None:
    tool = AddTool()
    session = Session(ScriptedChatModel(wants_sum(), "three"), adder=tool)

    stopped = await session.ask(chain(start(), agent(approval=True)), "Q")
    proceeded = await session.ask(chain(start(), agent(approval=True)), human_input={"type": "proceed"})

    assert stopped.text.startswith("\nAttempting to use tool:\n```json\n{")
    assert data(stopped, "agentAgentflow_0")["output"]["isWaitingForHumanInput"] is True
    assert len(tool.calls) == 1
    assert proceeded.text == "three"
    assert session.sent(1)[-1] == ("tool", "3")


async def test_a_rejected_tool_is_not_offered_again() -> None:
    tool = AddTool()
    session = Session(ScriptedChatModel(wants_sum(), "then not"), adder=tool)
    await session.ask(chain(start(), agent(approval=True)), "Q")

    result = await session.ask(chain(start(), agent(approval=True)), human_input={"type": "reject", "feedback": "no"})

    assert (result.text, result.user_content, tool.calls) == ("then not", "no", [])
    assert session.model.calls[1].options.tools == ()
    assert session.sent(1) == [("user", "Q")]
