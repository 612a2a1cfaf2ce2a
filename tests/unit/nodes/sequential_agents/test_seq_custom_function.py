from __future__ import annotations

from typing import Any

import pytest
from sequential_turns import act, turn_of

from flowisectl.errors import FlowError
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.sequential_agents.seq_custom_function import SeqCustomFunction
from flowisectl.testing import PythonJavaScript


@pytest.mark.parametrize(("kind", "role"), [("aiMessage", "assistant"), ("humanMessage", "user"), (None, "assistant")])
async def test_what_it_returns_is_a_message(kind: str | None, role: str) -> None:
    seen: list[Any] = []

    def code(variables: Any, functions: Any) -> str:
        seen.append((variables["$name"], variables["$said"], variables["$flow"]["state"]["k"], variables["$input"]))
        return "result"

    said = ChatMessage(role="user", content="before", extra={"nodeId": "a_0"})
    inputs = {
        "functionName": "My Function",
        "javascriptFunction": "code",
        "functionInputVariables": {"name": "$flow.state.k", "said": {"id": "a_0"}},
        "returnValueAs": kind,
    }

    update = await act(SeqCustomFunction(), turn_of(None, said, values={"k": 1}), inputs, javascript=PythonJavaScript({"code": code}))

    assert seen == [(1, "before", 1, "question?")]
    assert [(message.role, message.text, message.name) for message in update.messages] == [(role, "result", "my_function")]


async def test_an_object_changes_the_state() -> None:
    inputs = {"javascriptFunction": "code", "returnValueAs": "stateObj"}

    update = await act(SeqCustomFunction(), turn_of(), inputs, javascript=PythonJavaScript({"code": lambda *_: {"k": [1]}}))

    assert update.messages == () and update.values == {"k": [1]}


async def test_the_state_takes_nothing_but_an_object() -> None:
    inputs = {"javascriptFunction": "code", "returnValueAs": "stateObj"}

    with pytest.raises(FlowError, match=r"'n_0'.*must give an object, not 'text'"):
        await act(SeqCustomFunction(), turn_of(), inputs, javascript=PythonJavaScript({"code": lambda *_: "text"}))
