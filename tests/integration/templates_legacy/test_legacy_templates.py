"""The templates of sequential agents and teams, as they were exported, on a scripted model and with user code in the real sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from stand_ins import Stage

from flowisectl.clients.http import open_http
from flowisectl.engine.context import RunRequest
from flowisectl.engine.flow import parse_flow
from flowisectl.engine.result import FlowResult
from flowisectl.engine.run import run_flow
from flowisectl.engine.streaming import can_stream
from flowisectl.interfaces.chat_model import ChatReply, ToolSpec
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.javascript import JavaScript
from flowisectl.interfaces.message import ToolCall
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.sandbox.pool import open_sandbox
from flowisectl.testing import InMemoryAgentStates, InMemoryTools, RecordingEventSink, ScriptedChatModel, run_context

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "flowise" / "marketplaces" / "agentflows"

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the marketplace templates are not beside this checkout")


class Shelf:
    """A retriever that has one document."""

    async def retrieve(self, question: str) -> list[Document]:
        return [Document(page_content=f"report on {question}", metadata={"page": 3})]


class Search:
    spec = ToolSpec(name="web_search", description="searches", parameters={"type": "object"})
    return_direct = False

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        return ToolOutcome(text=f"three pages about {arguments['input']}")


def staged(model: ScriptedChatModel) -> Stage:
    """The model and what reaches the network are stood in for."""
    nodes = {"chatOpenAI": model, "chatAnthropic": model, "pinecone": Shelf(), "faiss": Shelf(), "openAIEmbeddings": None}
    return Stage({**nodes, "googleCustomSearch": Search()})


@dataclass
class Play:
    """One template and its session; every request brings its own script."""

    name: str
    javascript: JavaScript
    tools: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    states: InMemoryAgentStates = field(default_factory=InMemoryAgentStates)
    events: RecordingEventSink = field(default_factory=RecordingEventSink)
    model: ScriptedChatModel = field(default_factory=ScriptedChatModel)

    async def ask(self, question: str, *script: Any, action: Mapping[str, Any] | None = None) -> FlowResult:
        flow = parse_flow((FOLDER / f"{self.name}.json").read_bytes(), id="flow-1")
        assert flow.kind == "MULTIAGENT" and can_stream(flow)
        self.events, self.model = RecordingEventSink(), ScriptedChatModel(*script)
        context = run_context(
            request=RunRequest(question=question, action=action),
            events=self.events,
            agent_states=self.states,
            javascript=self.javascript,
            tools=InMemoryTools(self.tools),
        )
        result = await run_flow(flow, context, staged(self.model))
        assert len(self.model.calls) == len(script), "every line of the script was spoken"
        assert self.events.kinds()[0] == "start" and self.events.kinds()[-3:] == ["usedTools", "sourceDocuments", "artifacts"]
        assert self.events.text() == result.text
        return result

    def agents(self, result: FlowResult) -> list[str]:
        return [entry["agentName"] for entry in result.fields["agentReasoning"]]


def wish(tool: str, call_id: str = "c1", **arguments: Any) -> ChatReply:
    return ChatReply(tool_calls=(ToolCall(id=call_id, name=tool, arguments=arguments or {"input": "apples"}),))


def route(following: str, instructions: str = "your part") -> ChatReply:
    return ChatReply(tool_calls=(ToolCall(id="r1", name="route", arguments={"next": following, "instructions": instructions}),))


def custom_tool(name: str, code: str) -> dict[str, Any]:
    return {"name": name, "description": "a tool of the workspace", "schema": "[]", "func": code}


@pytest.fixture
async def javascript() -> AsyncIterator[JavaScript]:
    async with open_http() as http, open_sandbox(http, timeout_seconds=10) as sandbox:
        yield sandbox


async def test_agentic_rag_answers_from_documents_that_are_relevant(javascript: JavaScript) -> None:
    play = Play("Agentic RAG", javascript)

    result = await play.ask("profit?", wish("search_apple", input="profit"), "found it", '{"score": "yes"}', "It is high.")

    assert result.text == "It is high."
    assert play.agents(result) == ["Agent", "Retrieve", "Return Agent", "Check if docs relevant", "Generate"]
    assert result.stored["sourceDocuments"][0]["pageContent"] == "report on profit"
    assert "report on profit" in play.model.calls[2].texts[0][1], "the grader sees what the tool node has said"
    assert 'Sources: {"page":3}' in play.model.calls[3].texts[0][1], "the code of the tool node filled the state"
    assert {tool.name for tool in play.model.calls[0].options.tools} == {"search_apple", "search_tesla"}


async def test_agentic_rag_asks_again_when_the_documents_are_not_relevant(javascript: JavaScript) -> None:
    play = Play("Agentic RAG", javascript)

    result = await play.ask("profit?", wish("search_tesla"), "hm", '{"score": "no"}', "better question", "I know it without looking.")

    assert result.text == "I know it without looking."
    assert play.agents(result) == ["Agent", "Retrieve", "Return Agent", "Check if docs relevant", "Rewrite", "Agent"]


async def test_branch_out_merge_in(javascript: JavaScript) -> None:
    play = Play("Branch Out Merge In", javascript)

    result = await play.ask("who?", "I am A", "I am B", "I am C", "I am D")

    assert result.text == "I am D"
    assert play.agents(result) == ["AgentA", "AgentB", "AgentC", "AgentD"]
    assert [text for _, text in play.model.calls[3].texts][-3:] == ["I am A", "I am B", "I am C"]


async def test_essay_writing_and_grading_goes_round_until_the_condition_ends_it(javascript: JavaScript) -> None:
    play = Play("Essay Writing & Grading", javascript)

    result = await play.ask("an essay", "draft 1", "grade 1", "draft 2", "grade 2", "draft 3", "grade 3", "draft 4")

    assert result.text == "draft 4"
    assert play.agents(result).count("Writer") == 4 and play.agents(result).count("Teacher") == 3


async def test_human_in_loop_rag_waits_for_the_human_and_goes_on_in_the_next_request(javascript: JavaScript) -> None:
    play = Play("Human In Loop RAG", javascript)

    asked = await play.ask("profit?", wish("search_apple", input="profit"), "Shall I search?")
    assert play.events.kinds()[-5:-3] == ["token", "action"]
    answered = await play.ask("Yes", "Profit is 5.", wish("web_search", input="profit"), "In detail: 5.", action=asked.fields["action"])

    assert asked.text == "Shall I search?"
    assert answered.text == "In detail: 5."
    assert [used["toolOutput"] for used in answered.stored["usedTools"]] == ["report on profit", "three pages about profit"]


async def test_human_in_loop_rag_takes_a_no(javascript: JavaScript) -> None:
    play = Play("Human In Loop RAG", javascript)

    asked = await play.ask("profit?", wish("search_apple"), "Shall I search?")
    answered = await play.ask("No", "As you wish.", "Nothing more.", action=asked.fields["action"])

    assert answered.text == "Nothing more."
    assert "usedTools" not in answered.stored


async def test_multi_agents_is_led_by_structured_output(javascript: JavaScript) -> None:
    play = Play("Multi Agents", javascript)

    result = await play.ask(
        "a todo app",
        '{"next": "software_engineer", "instructions": "build", "reasoning": "first"}',
        "code",
        '{"next": "code_reviewer", "instructions": "review", "reasoning": "then"}',
        "good code",
        '{"next": "FINISH", "instructions": "", "reasoning": "done"}',
        "A summary.",
    )

    assert result.text == "A summary."
    assert play.events.of("nextAgent") == ["Software Engineer", "Code Reviewer"]
    assert "FlowiseAI Inc" in play.model.calls[1].texts[0][1], "values of the prompt are filled in"
    workers = [name for name in play.agents(result) if name != "Condition"]
    assert workers == ["Supervisor", "Software Engineer", "Supervisor", "Code Reviewer", "Supervisor", "summarize"]


async def test_patient_concierge_knows_in_the_second_request_who_asks(javascript: JavaScript) -> None:
    play = Play(
        "Patient Concierge",
        javascript,
        tools={
            "29e51b55-6d5a-4f4f-9376-a864a62004cb": custom_tool("patient_identity_database", "return JSON.stringify({ name: 'Ada' })"),
            "f0ea4e6b-d95d-4554-8270-d8e31b393243": custom_tool(
                "patient_information_database", "return 'at nine, ' + $flow.state.userInfo.name"
            ),
        },
    )

    first = await play.ask("I am Ada", wish("patient_identity_database"), "You are verified.")
    second = await play.ask("when?", wish("patient_information_database"), "At nine.")

    assert play.agents(first)[-1] == "Identity Verification"
    assert first.fields["agentReasoning"][-1]["state"] == {"userInfo": {"name": "Ada"}}
    assert play.agents(second)[-1] == "Concierge"
    assert second.stored["usedTools"][0]["toolOutput"] == "at nine, Ada"


async def test_portfolio_management_team(javascript: JavaScript) -> None:
    play = Play("Portfolio Management Team", javascript)

    result = await play.ask(
        "invest?", route("financial_analyst"), wish("web_search"), "buy", route("risk_manager"), "risky", route("FINISH")
    )  # fmt: skip

    assert result.text == "risky"
    assert play.agents(result) == ["Supervisor", "Financial Analyst", "Supervisor", "Risk Manager", "Supervisor"]
    assert result.stored["usedTools"][0]["toolOutput"] == "three pages about apples"
    assert "Tech Summit Fund" in play.model.calls[1].texts[0][1]
    assert "portfolio_manager, financial_analyst, risk_manager" in play.model.calls[0].texts[0][1]


async def test_prompt_engineering_team(javascript: JavaScript) -> None:
    play = Play("Prompt Engineering Team", javascript)

    result = await play.ask("a prompt", route("prompt_creator"), "v1", route("prompt_reviewer"), "v2", route("FINISH"))

    assert result.text == "v2"
    assert play.events.of("nextAgent") == [" Prompt Creator", "Prompt Reviewer"]


async def test_support_routing_asks_before_a_refund(javascript: JavaScript) -> None:
    refund = custom_tool("refund", "return 'refunded in ' + $flow.chatId")
    play = Play("Support Routing System", javascript, tools={"b227ea41-8218-4236-bcfb-e83db284f589": refund})

    asked = await play.ask("money back", "I pass you on", '{"route": "BILLING"}', wish("refund"), "Refund now?")
    answered = await play.ask("Yes", "It is done.", action=asked.fields["action"])

    assert asked.text == "Refund now?"
    assert asked.fields["action"]["mapping"]["toolCalls"][0]["name"] == "refund"
    assert answered.text == "It is done."
    assert answered.stored["usedTools"][0]["toolOutput"] == "refunded in chat-1"


async def test_support_routing_ends_where_nothing_is_to_be_done(javascript: JavaScript) -> None:
    play = Play("Support Routing System", javascript, tools={"b227ea41-8218-4236-bcfb-e83db284f589": custom_tool("refund", "")})

    result = await play.ask("hello", "Hello!", '{"route": "CONVERSATION"}')

    assert result.text == "Hello!"


async def test_text_to_sql_knows_the_schema_and_runs_the_query(javascript: JavaScript) -> None:
    execute = custom_tool("execute_sql", "return [{ customers: 7 }]")
    play = Play("Text to SQL", javascript, tools={"4d723d69-e854-4351-90c0-6385ce908213": execute})

    result = await play.ask(
        "how many?", route("sql_expert"), "SELECT", route("sql_executor"), wish("execute_sql"), "There are 7.", route("FINISH")
    )  # fmt: skip

    assert result.text == "There are 7."
    assert "CREATE TABLE customers" in play.model.calls[1].texts[0][1]
    assert result.stored["usedTools"][0]["toolOutput"] == '[{"customers":7}]'
