"""A session for whole runs of agentflows: what the server keeps between them, and what a client sees of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agentflow_building import CATALOGUE, node

from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.engine.flow import Flow
from flowisectl.engine.result import FlowResult
from flowisectl.engine.run import run_flow
from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ToolCall
from flowisectl.interfaces.tool import ToolOutcome, ToolSpec
from flowisectl.testing import InMemoryFactory, InMemoryHistory, RecordingEventSink, ScriptedChatModel, run_context

USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "input_token_details": {}, "output_token_details": {}}


class Session:
    """One session: runs flows one after the other and keeps what the server would keep in between."""

    def __init__(self, model: ScriptedChatModel | None = None, **components: Any) -> None:
        self.history = InMemoryHistory()
        self.model = model or ScriptedChatModel("unused")
        self.context = run_context(history=self.history, nodes=InMemoryFactory(chatScripted=self.model, **components))
        self.events = RecordingEventSink()

    async def ask(self, flow: Flow, question: str = "", **request: Any) -> FlowResult:
        self.events = RecordingEventSink()
        asked = RunRequest(question=question, has_question=bool(question), **request)
        context: RunContext = replace(self.context, request=asked, events=self.events)
        result = await run_flow(flow, context, CATALOGUE)
        self.history.add("flow-1", "session-1", "userMessage", result.user_content)
        self.history.add("flow-1", "session-1", "apiMessage", result.text)
        return result

    def trace(self) -> list[str]:
        """The events in short: `kind`, `node STATUS`, the list of executed nodes, tokens joined."""
        lines: list[str] = []
        for event in self.events.events:
            match event.kind.value:
                case "agentFlowEvent":
                    lines.append(f"run {event.data}")
                case "nextAgentFlow":
                    lines.append(f"{event.data['nodeId'].split('Agentflow')[0]} {event.data['status']}")
                case "agentFlowExecutedData":
                    lines.append(f"{len(event.data)} executed")
                case "token" if lines and lines[-1].startswith("say "):
                    lines[-1] += event.data
                case "token":
                    lines.append(f"say {event.data}")
                case kind:
                    lines.append(kind)
        return lines

    def sent(self, call: int = -1) -> list[tuple[str, str]]:
        """What the model got in one of its calls."""
        return self.model.calls[call].texts

    @property
    def states(self) -> list[str]:
        return [row.state for row in self.context.executions.rows]  # type: ignore[attr-defined]


def data(result: FlowResult, node_id: str) -> Mapping[str, Any]:
    """The data of a node's last execution."""
    return next(item["data"] for item in reversed(result.fields["agentFlowExecutedData"]) if item["nodeId"] == node_id)


class AddTool:
    """Adds two numbers, brings a document and a picture along; or raises."""

    spec = ToolSpec(name="add", description="adds", parameters={"type": "object", "properties": {}})
    return_direct = False

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        self.calls.append((arguments, flow))
        if self.error:
            raise self.error
        documents = (Document(page_content="sums", metadata={"page": 1}),)
        return ToolOutcome(text=str(sum(arguments.values())), source_documents=documents)


def agent(approval: bool = False, **inputs: Any) -> dict[str, Any]:
    values = {
        "agentModel": "chatScripted",
        "agentTools": [{"agentSelectedTool": "adder", "agentSelectedToolConfig": {}, "agentSelectedToolRequiresHumanInput": approval}],
        "agentEnableMemory": True,
        "agentMemoryType": "allMessages",
        **inputs,
    }
    return node("agentAgentflow_0", values)


def wants_sum() -> ChatReply:
    return ChatReply(tool_calls=(ToolCall(id="c1", name="add", arguments={"a": 1, "b": 2}),), usage=USAGE)
