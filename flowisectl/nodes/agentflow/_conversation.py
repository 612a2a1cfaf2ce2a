"""What LLM, Agent and Condition Agent nodes send to their model, and what they leave in the run's history."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.agentflow.messages import prepended_messages
from flowisectl.engine.agentflow.step import Message, Step
from flowisectl.engine.agentflow.step_inputs import wrong_input
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.agent_memory import SUMMARY, WINDOW, remembered
from flowisectl.nodes.agentflow._messages import image_message, with_images
from flowisectl.nodes.agentflow._params import MESSAGE_ROLES
from flowisectl.texts.conversations import AGENTFLOW_SUMMARY

_ROLES = tuple(option.name for option in MESSAGE_ROLES)
_BLANKS = re.compile(r"\s+")


class Conversation:
    """The messages of one node's turn, put together from its inputs under a prefix (`llm`, `agent`, `conditionAgent`)."""

    def __init__(self, inputs: NodeInputs, context: RunContext, step: Step, model: ChatModel, prefix: str) -> None:
        self._inputs = inputs
        self._context = context
        self._step = step
        self._model = model
        self._prefix = prefix
        self.messages: list[Message] = []
        self._images: list[Message] = []
        self._has_memory = inputs.flag(f"{prefix}EnableMemory")

    async def assemble(self, *, adds_input_after_summary: bool = False) -> list[Message]:
        """Sent history (first node only), configured messages with system ones in front, memory, the input message.

        Raises ProviderError when a summary cannot be made.
        """
        if self._step.is_first:
            self.messages += prepended_messages(self._context.request.history)
        self.configure(self._configured())
        if not self._has_memory:
            self._add_input_alone()
            return self.messages
        await self.remember()
        last = self._inputs.text(f"{self._prefix}UserMessage")
        if last:
            self.messages.append({"role": "user", "content": last})
        elif adds_input_after_summary and self._memory_type == SUMMARY and self._step.input is not None:
            self.messages.append({"role": "user", "content": self._step.input})
        return self.messages

    def configure(self, configured: Sequence[Message]) -> None:
        for message in configured:
            if message["role"] == "system":
                self.messages.insert(0, message)
            else:
                self.messages.append(message)

    async def remember(self, *, with_input: bool = True) -> None:
        """Append what the memory keeps of the session, of this run and, on the first node, of the input."""
        window = self._inputs.integer(f"{self._prefix}MemoryWindowSize", 20) or 20
        # Images of older messages stay in the run's history, as clients know it; without images the rest is not read.
        is_bounded = self._memory_type == WINDOW and not self._model.allows_images
        past = [*await self._step.read_past(2 * max(window, 0) if is_bounded else None), *self._step.chat_history]
        past, self._images = with_images(past, allows_images=self._model.allows_images)
        if with_input and self._step.is_first and self._step.input is not None:
            past += self._input_messages()
        self.messages += await remembered(
            past,
            kind=self._memory_type,
            model=self._model,
            window=window,
            token_limit=self._inputs.integer(f"{self._prefix}MemoryMaxTokenLimit", 2000) or 2000,
            prompt=self._context.texts.of(AGENTFLOW_SUMMARY),
            has_system=any(message.get("role") == "system" for message in self.messages),
        )

    @property
    def has_memory(self) -> bool:
        return self._has_memory

    @property
    def _memory_type(self) -> str:
        return self._inputs.text(f"{self._prefix}MemoryType", "allMessages")

    def _configured(self) -> list[Message]:
        name = f"{self._prefix}Messages"
        rows = self._inputs.rows(name)
        for number, row in enumerate(rows, start=1):
            if row.get("role") and row["role"] not in _ROLES:
                raise wrong_input(
                    self._inputs, name, f"rows whose role is one of {', '.join(_ROLES)}; that of row {number} is wrong", row["role"]
                )
        return [{"role": row["role"], "content": row["content"]} for row in rows if row.get("role") and row.get("content")]

    def _add_input_alone(self) -> None:
        """Without memory only the first node gets the input, unless it has user messages of its own."""
        if not self._step.is_first or self._step.input is None:
            return
        has_user = any(message.get("role") == "user" for message in self._configured())
        found = self._input_messages()
        self.messages += [message for message in found if not (has_user and isinstance(message["content"], str))]

    def _input_messages(self) -> list[Message]:
        """Uploaded images, and the input."""
        found: list[Message] = []
        images = image_message(self._context.request.uploads) if self._model.allows_images else None
        if images:
            self._images.append(images)
            found.append(images)
        return [*found, {"role": "user", "content": self._step.input}]

    def said(self, reply: Message | None = None) -> list[Message]:
        """What this turn adds to the run's history: the input when it is the first, then the reply."""
        found: list[Message] = []
        if self._step.is_first:
            # Images that lie elsewhere are for this node alone, as clients know it.
            stored = ([part for part in message["content"] if part["type"] != "image_url"] for message in self._images)
            found += [{"role": "user", "content": parts} for parts in stored if parts]
            own = [message for message in self._configured() if message["role"] == "user"]
            if own and not self._has_memory:
                found += own
            elif self._step.input is not None:
                found.append({"role": "user", "content": self._step.input})
        return found if reply is None else [*found, reply]


def reply_message(inputs: NodeInputs, step: Step, prefix: str, content: Any, extra: Mapping[str, Any]) -> Message:
    """A node's answer as a message of the run: as the user's or the assistant's, under the node's label."""
    role = "assistant" if inputs.text(f"{prefix}ReturnResponseAs") == "assistantMessage" else "user"
    message = {"role": role, "content": content, "name": label_snake(step.node.label)}
    return {**message, "additional_kwargs": dict(extra)} if extra else message


def label_snake(label: str) -> str:
    return _BLANKS.sub("_", label.lower().strip())


def shown_input(inputs: NodeInputs, prefix: str, messages: Sequence[Message]) -> dict[str, Any]:
    """The node's input as its execution shows it: the messages, and every other input that is not empty."""
    rest = {name: value for name, value in inputs.values.items() if name != f"{prefix}Messages" and value != ""}
    return {"messages": list(messages), **rest}
