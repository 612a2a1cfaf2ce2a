"""An agent that calls tools until its model answers in words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flowisectl.errors import RunStopped, Unavailable
from flowisectl.interfaces.chat_model import ChatModel, ChatOptions
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ChatMessage, ToolCall
from flowisectl.interfaces.tool import Tool, ToolOutcome
from flowisectl.llm.agent_steps import StepTeller
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.llm.prompt_template import ChatPrompt, format_template

DEFAULT_MAX_ITERATIONS = 15
OUT_OF_ITERATIONS = "Agent stopped due to max iterations."

_FOREIGN_IMAGE = re.compile(r"!\[[^\[\]]*\]\((?!https?://)[^()]*\)")


@dataclass(frozen=True, kw_only=True)
class AgentAnswer:
    text: str
    used_tools: list[dict[str, Any]] = field(default_factory=list)
    """`{tool, toolInput, toolOutput, sourceDocuments?, error?}` of every call of a tool that there is, in order."""
    source_documents: list[Document] = field(default_factory=list)
    artifacts: list[Mapping[str, Any]] = field(default_factory=list)
    untold: str = ""
    """What a tool gave as the answer itself: the client hears it after what else came of the tools, by `tell_untold`."""

    def tell_untold(self, teller: AnswerTeller | None) -> None:
        if teller is not None:
            teller.tell(self.untold)

    def to_fields(self) -> dict[str, Any]:
        """The members of a response; those that are empty are left out."""
        fields: dict[str, Any] = {"text": self.text}
        if self.source_documents:
            fields["sourceDocuments"] = [document.to_json() for document in self.source_documents]
        if self.used_tools:
            fields["usedTools"] = self.used_tools
        if self.artifacts:
            fields["artifacts"] = [dict(artifact) for artifact in self.artifacts]
        return fields


@dataclass(frozen=True, kw_only=True)
class ToolAgent:
    """Ready to work. A tool that fails tells the model so and the work goes on."""

    model: ChatModel
    tools: Sequence[Tool]
    max_iterations: int = DEFAULT_MAX_ITERATIONS
    steps: StepTeller | None = None
    """Hears of every call of a tool."""

    async def work(self, messages: Sequence[ChatMessage], flow: Mapping[str, Any], teller: AnswerTeller | None = None) -> AgentAnswer:
        """Answer the last message. `flow` is `$flow` for the tools. Raises ProviderError."""
        said = list(messages)
        answer = AgentAnswer(text="")
        options = ChatOptions(tools=tuple(tool.spec for tool in self.tools))
        by_name = {tool.spec.name.lower(): tool for tool in self.tools}
        for _ in range(self.max_iterations):
            reply = await ask(self.model, said, teller, options)
            if not reply.tool_calls:
                return _ended(answer, cleaned(reply.text))
            results = await asyncio.gather(*(self._call(by_name.get(call.name.lower()), call, flow) for call in reply.tool_calls))
            said.append(reply.to_message())
            for call, (outcome, error) in zip(reply.tool_calls, results, strict=True):
                said.append(ChatMessage(role="tool", content=error or outcome.text, tool_call_id=call.id))
                if call.name.lower() in by_name:
                    _keep(answer, call, outcome, error)
            direct = _direct_answer(by_name, reply.tool_calls, results)
            if direct is not None:
                outcome, error = direct
                return replace(_ended(answer, error or outcome.text), untold=outcome.text)
        return _told(answer, OUT_OF_ITERATIONS, teller)

    async def _call(self, tool: Tool | None, call: ToolCall, flow: Mapping[str, Any]) -> tuple[ToolOutcome, str]:
        if self.steps is None:
            return await _call(tool, call, flow)
        run_id = self.steps.called(call)
        outcome, error = await _call(tool, call, flow)
        self.steps.ended(run_id, call, outcome.text, error)
        return outcome, error


async def _call(tool: Tool | None, call: ToolCall, flow: Mapping[str, Any]) -> tuple[ToolOutcome, str]:
    """(what the tool gave, what went wrong). The error's text is what the model gets to see. Raises RunStopped, Unavailable."""
    if tool is None:
        return ToolOutcome(text=""), f"{call.name} is not a valid tool, try another one."
    try:
        return await tool.call(call.arguments, flow), ""
    except (RunStopped, Unavailable):
        raise  # no matter of the tool's: the run ends, or is tried again later
    except Exception as error:
        return ToolOutcome(text=""), str(error) or type(error).__name__


def _keep(answer: AgentAnswer, call: ToolCall, outcome: ToolOutcome, error: str) -> None:
    used: dict[str, Any] = {
        "tool": call.name,
        "toolInput": dict(call.arguments if outcome.tool_input is None else outcome.tool_input),
        "toolOutput": outcome.text,
    }
    if outcome.source_documents:
        used["sourceDocuments"] = [document.to_json() for document in outcome.source_documents]
    if error:
        used["error"] = error
    answer.used_tools.append(used)
    answer.source_documents.extend(outcome.source_documents)
    answer.artifacts.extend(outcome.artifacts)


def _direct_answer(
    tools: Mapping[str, Tool], calls: Sequence[ToolCall], results: Sequence[tuple[ToolOutcome, str]]
) -> tuple[ToolOutcome, str] | None:
    """What a tool gave, and its failure, when one of them is the answer itself."""
    for call, result in zip(calls, results, strict=True):
        tool = tools.get(call.name.lower())
        if tool is not None and tool.return_direct:
            return result
    return None


def _told(answer: AgentAnswer, text: str, teller: AnswerTeller | None) -> AgentAnswer:
    if teller is not None:
        teller.tell(text)
    return _ended(answer, text)


def _ended(answer: AgentAnswer, text: str) -> AgentAnswer:
    return AgentAnswer(text=text, used_tools=answer.used_tools, source_documents=answer.source_documents, artifacts=answer.artifacts)


def cleaned(text: str) -> str:
    """A model's answer without its first block of thoughts and without Markdown images that lie nowhere on the web."""
    before, opening, rest = text.partition("<thinking>")
    _, closing, after = rest.partition("</thinking>")
    if opening and closing:
        text = before + after
    return _FOREIGN_IMAGE.sub("", text)


def agent_messages(
    prompt: ChatPrompt | None,
    system: str,
    history: Sequence[ChatMessage],
    question: str,
    images: Sequence[Mapping[str, Any]] = (),
) -> list[ChatMessage]:
    """What an agent's model is asked first: system message, what was said, the question with its images.

    A connected prompt takes the place of the system message and of the question's `{input}`.
    """
    shown = prompt or ChatPrompt(system=system, human="{input}")
    opening = replace(shown, human="").messages({**shown.values, "input": question})
    text = format_template(shown.human or "{input}", {**shown.values, "input": question})
    content = [*images, {"type": "text", "text": text}] if images else text
    return [*opening, *history, ChatMessage(role="user", content=content)]
