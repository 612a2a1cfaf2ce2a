"""Agents that call tools, by function calling and in plain text."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from flowisectl.interfaces.chat_model import ChatReply, ToolSpec
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ChatMessage, ToolCall
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.llm.chat_streaming import AnswerTeller
from flowisectl.llm.prompt_template import ChatPrompt
from flowisectl.llm.text_agent import Step, TextAgent, read_json_step, read_react_step
from flowisectl.llm.tool_agent import OUT_OF_ITERATIONS, AgentAnswer, ToolAgent, agent_messages, cleaned
from flowisectl.testing import ScriptedChatModel

QUESTION = [ChatMessage(role="user", content="q")]


@dataclass
class Echo:
    """A tool that gives its arguments back."""

    name: str = "echo"
    return_direct: bool = False
    error: Exception | None = None
    outcome: ToolOutcome | None = None
    calls: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = field(default_factory=list)
    spec: ToolSpec = field(init=False)

    def __post_init__(self) -> None:
        self.spec = ToolSpec(name=self.name, description="gives back", parameters={"type": "object"})

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        self.calls.append((arguments, flow))
        if self.error:
            raise self.error
        return self.outcome or ToolOutcome(text=str(arguments.get("input")))


class Ear:
    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def start(self, text: str) -> None:
        self.heard.append(("start", text))

    def token(self, text: str) -> None:
        self.heard.append(("token", text))


def calls(*names: str) -> ChatReply:
    return ChatReply(
        tool_calls=tuple(ToolCall(id=f"c{number}", name=name, arguments={"input": number}) for number, name in enumerate(names))
    )


class TestToolAgent:
    async def test_the_model_sees_what_its_tools_gave(self) -> None:
        model, tool = ScriptedChatModel(calls("echo", "ECHO"), "done"), Echo()

        answer = await ToolAgent(model=model, tools=[tool]).work(QUESTION, {"chatId": "c"})

        assert answer.text == "done"
        assert [use["toolOutput"] for use in answer.used_tools] == ["0", "1"]
        assert tool.calls == [({"input": 0}, {"chatId": "c"}), ({"input": 1}, {"chatId": "c"})]
        assert [(m.role, m.text, m.tool_call_id) for m in model.calls[1].messages[1:]] == [
            ("assistant", "", None),
            ("tool", "0", "c0"),
            ("tool", "1", "c1"),
        ]
        assert model.calls[0].options.tools == (tool.spec,)

    async def test_tools_of_one_step_run_at_the_same_time(self) -> None:
        both = asyncio.Barrier(2)

        class Meets(Echo):
            async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
                await asyncio.wait_for(both.wait(), 5)
                return ToolOutcome(text="met")

        answer = await ToolAgent(model=ScriptedChatModel(calls("a", "b"), "done"), tools=[Meets("a"), Meets("b")]).work(QUESTION, {})

        assert [use["toolOutput"] for use in answer.used_tools] == ["met", "met"]

    async def test_a_failing_tool_tells_the_model_and_the_work_goes_on(self) -> None:
        model = ScriptedChatModel(calls("echo"), "sorry")

        answer = await ToolAgent(model=model, tools=[Echo(error=ValueError("broken"))]).work(QUESTION, {})

        assert answer.text == "sorry"
        assert answer.used_tools == [{"tool": "echo", "toolInput": {"input": 0}, "toolOutput": "", "error": "broken"}]
        assert model.calls[1].messages[-1].text == "broken"

    async def test_an_unknown_tool_is_told_to_the_model(self) -> None:
        model = ScriptedChatModel(calls("teleport"), "ok")

        answer = await ToolAgent(model=model, tools=[Echo()]).work(QUESTION, {})

        assert "teleport is not a valid tool, try another one." in model.calls[1].messages[-1].text
        assert answer.used_tools == []

    async def test_a_direct_tool_ends_the_work_and_is_told_to_the_client_when_its_calls_have_been(self) -> None:
        ear = Ear()
        teller = AnswerTeller(ear)

        answer = await ToolAgent(model=ScriptedChatModel(calls("echo")), tools=[Echo(return_direct=True)]).work(QUESTION, {}, teller)

        assert answer.text == "0"
        assert ear.heard == [("start", "")]
        answer.tell_untold(teller)
        assert ear.heard == [("start", ""), ("token", "0")]

    async def test_the_failure_of_a_tool_may_be_the_answer_itself(self) -> None:
        tool = Echo(return_direct=True, error=ValueError("no luck"))
        model = ScriptedChatModel(calls("echo"), "never asked")

        answer = await ToolAgent(model=model, tools=[tool]).work(QUESTION, {})

        assert (answer.text, answer.untold) == ("no luck", "")
        assert len(model.calls) == 1

    async def test_too_many_steps_end_the_work(self) -> None:
        model = ScriptedChatModel(calls("echo"), repeat=True)

        answer = await ToolAgent(model=model, tools=[Echo()], max_iterations=3).work(QUESTION, {})

        assert answer.text == OUT_OF_ITERATIONS
        assert len(model.calls) == 3

    async def test_documents_and_artifacts_are_collected(self) -> None:
        document = Document(page_content="p", metadata={"m": 1})
        outcome = ToolOutcome(text="t", source_documents=(document,), artifacts=({"type": "png"},), tool_input={"url": "u"})

        answer = await ToolAgent(model=ScriptedChatModel(calls("echo"), "x"), tools=[Echo(outcome=outcome)]).work(QUESTION, {})

        assert answer.to_fields() == {
            "text": "x",
            "sourceDocuments": [document.to_json()],
            "usedTools": [{"tool": "echo", "toolInput": {"url": "u"}, "toolOutput": "t", "sourceDocuments": [document.to_json()]}],
            "artifacts": [{"type": "png"}],
        }

    def test_a_plain_answer_has_only_its_text(self) -> None:
        assert AgentAnswer(text="t").to_fields() == {"text": "t"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a<thinking>hm</thinking>b<thinking>c</thinking>", "ab<thinking>c</thinking>"),
        ("a<thinking>never ends", "a<thinking>never ends"),
        ("![x](sandbox:/a.png) ok ![y](https://e.org/y.png)", " ok ![y](https://e.org/y.png)"),
        ("![" * 3000, "![" * 3000),
    ],
)
def test_answers_are_cleaned(text: str, expected: str) -> None:
    assert cleaned(text) == expected


class TestAgentMessages:
    def test_history_stands_between_system_message_and_question(self) -> None:
        messages = agent_messages(None, "Be {x}", [ChatMessage(role="assistant", content="h")], "what {input}?")

        assert [(m.role, m.text) for m in messages] == [("system", "Be {x}"), ("assistant", "h"), ("user", "what {input}?")]

    def test_a_connected_prompt_takes_their_place(self) -> None:
        prompt = ChatPrompt(system="S {a}", human="Please: {input}", values={"a": 1})

        assert [(m.role, m.text) for m in agent_messages(prompt, "ignored", [], "q")] == [("system", "S 1"), ("user", "Please: q")]

    def test_images_go_before_the_question(self) -> None:
        image = {"type": "image_url", "image_url": {"url": "u"}}

        assert agent_messages(None, "s", [], "q", [image])[-1].content == [image, {"type": "text", "text": "q"}]


class TestReadingSteps:
    @pytest.mark.parametrize(
        ("text", "step"),
        [
            ('```json\n{"action": "echo", "action_input": "x"}\n```', Step(tool="echo", given="x")),
            ('{"action": "echo", "action_input": {"a": 1}}', Step(tool="echo", given={"a": 1})),
            ('I say {"action": "Final Answer", "action_input": "done"}', Step(tool="", given="done")),
            ('{"action": "final answer", "action_input": {"a": 1}}', Step(tool="", given='{"a":1}')),
            ("just words", Step(tool="", given="just words")),
            ('{"colour": "red"}', Step(tool="", given='{"colour": "red"}')),
        ],
    )
    def test_json(self, text: str, step: Step) -> None:
        assert read_json_step(text) == step

    @pytest.mark.parametrize(
        ("text", "step"),
        [
            ("Thought: hm\nAction: echo\nAction Input: x y\n", Step(tool="echo", given="x y")),
            ('Action: echo\nAction Input: "quoted"\nObservation: made up', Step(tool="echo", given="quoted")),
            ("Thought: ready\nFinal Answer: forty-two\nor so", Step(tool="", given="forty-two\nor so")),
            ("no lines at all", Step(tool="", given="no lines at all")),
            ("Action: echo without input", Step(tool="", given="Action: echo without input")),
        ],
    )
    def test_lines(self, text: str, step: Step) -> None:
        assert read_react_step(text) == step


class TestTextAgent:
    def agent(self, model: ScriptedChatModel, *tools: Echo, **options: Any) -> TextAgent:
        return TextAgent(model=model, tools=tools, read=read_react_step, stop=("\nObservation:",), **options)

    async def test_it_works_step_by_step(self) -> None:
        model = ScriptedChatModel("Action: Echo\nAction Input: hi", "Final Answer: it said hi")

        answer = await self.agent(model, Echo()).work(QUESTION, {})

        assert answer.text == "it said hi"
        assert answer.used_tools == [{"tool": "Echo", "toolInput": {"input": "hi"}, "toolOutput": "hi"}]
        assert model.calls[1].texts[1:] == [("assistant", "Action: Echo\nAction Input: hi"), ("user", "Observation: hi")]
        assert model.calls[0].options.stop == ("\nObservation:",)

    async def test_failing_and_unknown_tools_are_told(self) -> None:
        model = ScriptedChatModel("Action: echo\nAction Input: 1", "Action: none\nAction Input: 2", "Final Answer: x")

        answer = await self.agent(model, Echo(error=ValueError("broken"))).work(QUESTION, {})

        assert answer.used_tools[0]["error"] == "broken"
        assert model.calls[2].messages[-1].text == "Observation: none is not a valid tool, try another one."

    async def test_it_ends_after_too_many_steps_and_after_a_direct_tool(self) -> None:
        endless = ScriptedChatModel("Action: echo\nAction Input: 1", repeat=True)

        assert (await self.agent(endless, Echo(), max_iterations=2).work(QUESTION, {})).text == OUT_OF_ITERATIONS
        assert (await self.agent(endless, Echo(return_direct=True)).work(QUESTION, {})).text == "1"
