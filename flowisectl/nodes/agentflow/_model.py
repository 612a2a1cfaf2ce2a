"""The chat model that a node names in its own inputs: built, asked, and its answer as events and as output."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowisectl.engine.agentflow.credentials import CREDENTIAL
from flowisectl.engine.agentflow.step import Message, Step
from flowisectl.engine.agentflow.step_inputs import component_config
from flowisectl.engine.context import RunContext
from flowisectl.engine.events import EventKind, FlowEvent
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError, MissingInput
from flowisectl.interfaces.chat_model import ChatChunk, ChatModel, ChatOptions, ChatReply
from flowisectl.llm.agent_conversation import fitted
from flowisectl.llm.chat_streaming import listen
from flowisectl.nodes.agentflow._messages import chat_messages

_AS_IT_IS = "chatOpenAI"
"""The provider whose requests existing flows know to the letter. Others get what they take: windows may begin with an assistant,
and a call of a tool that a human refused has no result."""


async def build_model(inputs: NodeInputs, context: RunContext, prefix: str) -> ChatModel:
    """The model of `<prefix>Model`, with the node's inputs overlaid by `<prefix>ModelConfig`. Raises MissingInput, UnknownNode."""
    name = inputs.get(f"{prefix}Model")
    if not name:
        raise MissingInput("Model is required")
    config = component_config(inputs, f"{prefix}Model")
    model: ChatModel = await context.nodes.build(
        str(name),
        {**inputs.values, **config},
        context,
        node_id=inputs.node_id,
        credential_id=str(config.get(CREDENTIAL) or ""),
    )
    return model


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A model's answer, and how it came."""

    reply: ChatReply
    was_streamed: bool = False
    thinking_seconds: int = 0


@dataclass(kw_only=True)
class ModelTalk:
    """Asks one model for one node; a last node's answer goes to the user as it comes."""

    model: ChatModel
    context: RunContext
    step: Step
    options: ChatOptions
    may_stream: bool = True

    async def ask(self, messages: Sequence[Message]) -> Answer:
        """Raises ProviderError."""
        ready = await chat_messages(self.context, messages, allows_images=self.model.allows_images)
        if self.model.provider != _AS_IT_IS:
            ready = fitted(ready, self.model.provider)
        if self.streams:
            return await self._stream(ready)
        return Answer(reply=await self.model.invoke(ready, self.options))

    @property
    def streams(self) -> bool:
        return self.may_stream and self.step.speaks and self.model.streaming is not False

    async def _stream(self, messages: Sequence[Any]) -> Answer:
        emit = self.context.events.emit
        started, is_thinking, seconds = 0.0, False, 0
        reply: ChatReply | None = None

        def hear(chunk: ChatChunk) -> None:
            nonlocal started, is_thinking, seconds, reply
            if chunk.reasoning:
                if not is_thinking:
                    started, is_thinking = time.monotonic(), True
                emit(FlowEvent(EventKind.THINKING, chunk.reasoning))
            if chunk.text and not chunk.is_tool_call:
                if is_thinking:
                    seconds, is_thinking = round(time.monotonic() - started), False
                    emit(FlowEvent(EventKind.THINKING, "", seconds))
                emit(FlowEvent(EventKind.TOKEN, chunk.text))
            if chunk.reply is not None:
                reply = chunk.reply

        await listen(self.model, messages, hear, self.options)
        if is_thinking:
            seconds = round(time.monotonic() - started)
            emit(FlowEvent(EventKind.THINKING, "", seconds))
        if reply is None:
            raise FlowError(f"{self.model.provider} ended its answer without finishing it; try again")
        return Answer(reply=reply, was_streamed=True, thinking_seconds=seconds)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def time_metadata(start: int) -> dict[str, int]:
    """`{start, end, delta}`, epoch milliseconds and milliseconds."""
    end = now_ms()
    return {"start": start, "end": end, "delta": end - start}


def reason_content(answer: Answer) -> dict[str, Any]:
    """`{reasonContent}` of an answer that came with its reasoning."""
    if not answer.reply.reasoning:
        return {}
    return {"reasonContent": {"thinking": answer.reply.reasoning, "thinkingDuration": answer.thinking_seconds}}


def tell_closing(context: RunContext, step: Step, calls: Sequence[Any], usage: Mapping[str, Any] | None) -> None:
    """What follows a streamed answer: the tools it called, perhaps none, and what it cost."""
    if not step.speaks:
        return
    context.events.emit(FlowEvent(EventKind.CALLED_TOOLS, list(calls)))
    if usage:
        context.events.emit(FlowEvent(EventKind.USAGE_METADATA, dict(usage)))
