"""The agents that ask in XML, and those that know documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowisectl.engine.context import StoredMessage
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.engine.stored_memory import StoredMemory
from flowisectl.interfaces.chat_model import ChatReply, ToolSpec
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ToolCall
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.llm.text_agent import Step
from flowisectl.llm.xml_agent import read_xml_step
from flowisectl.nodes.agents.conversational_retrieval_tool_agent import ConversationalRetrievalToolAgent
from flowisectl.nodes.agents.xml_agent import XMLAgent
from flowisectl.testing import InMemoryHistory, ScriptedChatModel, run_context

HISTORY = InMemoryHistory(StoredMessage(role="userMessage", content="hi"), StoredMessage(role="apiMessage", content="hello"))


class Doubles:
    spec = ToolSpec(name="double", description="doubles", parameters={"type": "object"})
    return_direct = False

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        return ToolOutcome(text=str(2 * int(arguments["input"])))


class Found:
    def __init__(self) -> None:
        self.asked: list[str] = []

    async def retrieve(self, question: str) -> list[Document]:
        self.asked.append(question)
        return [Document(page_content="Twice 2 is {4}.")]


async def ask(node: Node, model: ScriptedChatModel, history: Any = None, **inputs: Any) -> tuple[Any, Any]:
    run = run_context(question="Twice 2?", **({"history": history} if history else {}))
    values = {"model": model, "memory": StoredMemory(run), "tools": [Doubles()], **inputs}
    return await node.run(NodeInputs(values, node_id="a_0", label="Agent"), run), run


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("<tool>double</tool><tool_input>2", Step(tool="double", given="2")),
        ("I look. <tool> double </tool>\n<tool_input> 2 </tool_input> rest", Step(tool="double", given="2")),
        ("<final_answer>It is 4", Step(tool="", given="It is 4")),
        ("<final_answer>4</final_answer><tool>x</tool><tool_input>y", Step(tool="", given="4")),
        ("Just 4.", Step(tool="", given="Just 4.")),
    ],
)
def test_steps_are_read_out_of_elements(text: str, step: Step) -> None:
    assert read_xml_step(text) == step


async def test_an_xml_agent_uses_its_tools_and_answers() -> None:
    model = ScriptedChatModel("<tool>double</tool><tool_input>2", "<final_answer>It is 4")

    answer, _ = await ask(XMLAgent(), model, HISTORY)

    assert answer["text"] == "It is 4"
    assert answer["usedTools"] == [{"tool": "double", "toolInput": {"input": "2"}, "toolOutput": "4"}]
    prompt = model.calls[0].texts[0][1]
    assert "double: doubles" in prompt and "Human: hi" in prompt and "Question: Twice 2?" in prompt
    assert model.calls[0].options.stop == ("</tool_input>", "</final_answer>")


class TestRetrievalToolAgent:
    async def test_it_knows_the_documents_and_calls_its_tools(self) -> None:
        call = ChatReply(tool_calls=(ToolCall(id="1", name="double", arguments={"input": "2"}),))
        model, found = ScriptedChatModel(call, "4"), Found()

        answer, run = await ask(ConversationalRetrievalToolAgent(), model, vectorStoreRetriever=found, systemMessage="Known: {context}")

        assert (answer["text"], found.asked) == ("4", ["Twice 2?"])
        assert model.calls[0].texts[0] == ("system", "Known: <doc id='0'>Twice 2 is {4}.</doc>")
        assert answer["sourceDocuments"] == [{"pageContent": "Twice 2 is {4}.", "metadata": {}}]
        assert answer["usedTools"][0]["toolOutput"] == "4"
        assert run.events.kinds()[-2:] == ["sourceDocuments", "usedTools"]

    async def test_the_question_is_worded_anew_when_there_is_a_prompt_and_a_conversation(self) -> None:
        model, words, found = ScriptedChatModel("4", repeat=True), ScriptedChatModel("twice two", repeat=True), Found()
        inputs = {"vectorStoreRetriever": found, "rephrasePrompt": "{chat_history} {question}", "rephraseModel": words}

        await ask(ConversationalRetrievalToolAgent(), model, HISTORY, **inputs)
        await ask(ConversationalRetrievalToolAgent(), model, **inputs)

        assert found.asked == ["twice two", "Twice 2?"]
        assert words.calls[0].texts == [("user", "human: hi\nai: hello Twice 2?")]
