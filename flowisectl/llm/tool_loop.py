"""A model and its tools taking turns until the model answers, or a human must be asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ToolCall
from flowisectl.interfaces.tool import Tool, ToolOutcome

Message = Mapping[str, Any]
Ask = Callable[[Sequence[Message]], Awaitable[ChatReply]]
"""Asks the model with all messages so far."""


@dataclass(kw_only=True)
class ToolLoop:
    """One conversation with tools. `messages` grows; the results gather in the other fields.

    There is no limit to the turns: the run's own time limit ends a model that never stops asking for tools.
    """

    tools: Mapping[str, Tool]
    """By the name that the model knows."""
    ask: Ask
    flow: Mapping[str, Any]
    """`$flow` of user code: chatflowId, sessionId, chatId, input, state."""
    messages: list[Message]
    needs_approval: frozenset[str] = frozenset()
    """Tools that a human must allow first."""
    on_called: Callable[[list[dict[str, Any]]], None] = lambda calls: None
    on_used: Callable[[list[dict[str, Any]]], None] = lambda used: None
    on_text: Callable[[str], None] = lambda text: None
    on_held: Callable[[str], None] = lambda text: None
    used_tools: list[dict[str, Any]] = field(default_factory=list)
    """`{tool, toolInput, toolOutput, error?}`"""
    source_documents: list[Document] = field(default_factory=list)
    artifacts: list[Mapping[str, Any]] = field(default_factory=list)
    tokens: int = 0
    """Tokens of the answers on both sides of every tool turn, counted as clients know them: an answer that comes out of one turn and
    begins the next counts for both."""
    waits: bool = False
    """A human must allow a tool first."""

    async def run(self, reply: ChatReply) -> ChatReply:
        """Go on from a model's answer to its last one. Raises what a tool raised, after it was reported."""
        while reply.tool_calls:
            self.on_called([{"tool": call.name, "toolInput": call.arguments, "toolOutput": ""} for call in reply.tool_calls])
            self.tokens += total_tokens(reply.usage)
            calls = self._with_ids(reply.tool_calls)
            asked_at = len(self.messages)
            self.messages.append(assistant_message(reply))
            held = next((index for index, call in enumerate(calls) if call.name in self.needs_approval and call.name in self.tools), None)
            if held is not None:
                # What stands before it needs nobody's leave.
                await self.call_tools(calls[:held], is_whole_turn=False)
                return self._hold(reply, calls[held], asked_at)
            direct = await self.call_tools(calls)
            if direct is not None:
                return direct
            reply = await self.ask(self.messages)
            self.tokens += total_tokens(reply.usage)
        return reply

    async def resume(self, calls: Sequence[ToolCall]) -> ChatReply:
        """Make calls that a human has allowed, then go on. They are what `unanswered` finds in the messages."""
        direct = await self.call_tools(calls)
        if direct is not None:
            return direct
        reply = await self.ask(self.messages)
        self.tokens += total_tokens(reply.usage)
        return await self.run(reply)

    async def call_tools(self, calls: Sequence[ToolCall], *, is_whole_turn: bool = True) -> ChatReply | None:
        """Make calls in order; gives the answer when one of a tool alone is the answer, which takes a whole turn.

        Names that no tool has are passed over.
        """
        for call in calls:
            tool = self.tools.get(call.name)
            if tool is None:
                continue
            outcome = await self._call(tool, call)
            self._keep(call, outcome)
            if tool.return_direct and is_whole_turn and len(calls) == 1:
                self.on_text(outcome.text)
                return ChatReply(text=outcome.text)
        return None

    async def _call(self, tool: Tool, call: ToolCall) -> ToolOutcome:
        try:
            return await tool.call(call.arguments, self.flow)
        except Exception as error:
            self.used_tools.append({"tool": call.name, "toolInput": call.arguments, "toolOutput": "", "error": str(error)})
            self.on_used(self.used_tools)
            raise

    def _keep(self, call: ToolCall, outcome: ToolOutcome) -> None:
        extra = {"artifacts": list(outcome.artifacts)} if outcome.artifacts else {}
        self.messages.append(
            {"role": "tool", "content": outcome.text, "tool_call_id": call.id, "name": call.name, "additional_kwargs": extra}
        )
        used_input = call.arguments if outcome.tool_input is None else outcome.tool_input
        self.used_tools.append({"tool": call.name, "toolInput": used_input, "toolOutput": outcome.text})
        self.source_documents.extend(outcome.source_documents)
        self.artifacts.extend(outcome.artifacts)

    def _with_ids(self, calls: Sequence[ToolCall]) -> list[ToolCall]:
        """Calls without an id cannot be answered: they are noted, and left out."""
        self.used_tools += [{"tool": call.name, "toolInput": call.arguments, "toolOutput": ""} for call in calls if not call.id]
        return [call for call in calls if call.id]

    def _hold(self, reply: ChatReply, call: ToolCall, asked_at: int) -> ChatReply:
        """Say which call waits for a human; `asked_at` is where the message that asks for it stands."""
        shown = orjson.dumps(call_json(call), option=orjson.OPT_INDENT_2).decode()
        text = f"\nAttempting to use tool:\n```json\n{shown}\n```"
        self.messages[asked_at] = {**self.messages[asked_at], "content": reply.text + text}
        self.on_held(text)
        self.waits = True
        return ChatReply(
            text=reply.text + text,
            reasoning=reply.reasoning,
            tool_calls=reply.tool_calls,
            usage=reply.usage,
            response_metadata=reply.response_metadata,
        )


def assistant_message(reply: ChatReply) -> dict[str, Any]:
    """A model's answer as a message of the conversation."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "tool_calls": [call_json(call) for call in reply.tool_calls]}
    return {**message, "usage_metadata": dict(reply.usage)} if reply.usage else message


def call_json(call: ToolCall) -> dict[str, Any]:
    return {"name": call.name, "args": call.arguments, "id": call.id, "type": "tool_call"}


def calls_of(message: Message) -> tuple[ToolCall, ...]:
    """The tool calls of an assistant message, as `assistant_message` writes them."""
    found = message.get("tool_calls")
    return tuple(
        ToolCall(id=str(call.get("id") or ""), name=str(call.get("name") or ""), arguments=call.get("args") or {})
        for call in (found if isinstance(found, list) else ())
        if isinstance(call, Mapping)
    )


def unanswered(messages: Sequence[Message]) -> tuple[int, tuple[ToolCall, ...]]:
    """Where the last message that asked for tools stands, and which of its calls have no answer behind it; (-1, ()) without one."""
    for position in range(len(messages) - 1, -1, -1):
        calls = calls_of(messages[position])
        if calls:
            answered = _answers(messages[position + 1 :])
            return position, tuple(call for call in calls if call.id not in answered)
        if messages[position].get("role") != "tool":
            break
    return -1, ()


def used_before(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The calls that were answered before the others had to wait, as `used_tools` tells them."""
    position, _ = unanswered(messages)
    if position < 0:
        return []
    answered = _answers(messages[position + 1 :])
    return [
        {"tool": call.name, "toolInput": call.arguments, "toolOutput": answered[call.id].get("content")}
        for call in calls_of(messages[position])
        if call.id in answered
    ]


def _answers(messages: Sequence[Message]) -> dict[str, Message]:
    """The answers of tools by the ids of their calls."""
    return {str(message.get("tool_call_id")): message for message in messages if message.get("role") == "tool"}


def total_tokens(usage: Mapping[str, Any] | None) -> int:
    total = (usage or {}).get("total_tokens")
    return total if isinstance(total, int) else 0
