"""Refuses questions that contain what the author forbids."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.moderation import Moderation, ModerationRefusal
from flowisectl.texts.conversations import SAME_MEANING
from flowisectl.texts.text import filled

_YES = re.compile(r"\W*yes\b", re.IGNORECASE)
MESSAGE = "This question cannot be answered: it goes against the content rules of this chat."


class InputModerationSimple(Node):
    definition = NodeDefinition(
        name="inputModerationSimple",
        label="Simple Prompt Moderation",
        category="Moderation",
        version=2.0,
        base_classes=("Moderation",),
        description="Refuses questions that contain what the author forbids",
        inputs=(
            NodeParam("denyList", "Deny List", "string", rows=4),
            NodeParam("model", "Chat Model", "BaseChatModel", optional=True),
            NodeParam("moderationErrorMessage", "Error Message", "string", default=MESSAGE, optional=True, rows=2),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Moderation:
        forbidden = [line.strip() for line in inputs.text("denyList").splitlines() if line.strip()]
        message = inputs.wording("moderationErrorMessage", MESSAGE)
        return DenyList(forbidden, inputs.get("model"), message, prompt=context.texts.of(SAME_MEANING))


class DenyList:
    """Refuses what contains a forbidden text or, with a model, what means the same."""

    def __init__(self, forbidden: Sequence[str], model: ChatModel | None, message: str, *, prompt: str) -> None:
        self._forbidden = forbidden
        self._model = model
        self._message = message
        self._prompt = prompt

    async def check(self, text: str) -> str:
        for entry in self._forbidden:
            if await self._matches(text, entry):
                raise ModerationRefusal(self._message)
        return text

    async def _matches(self, text: str, entry: str) -> bool:
        if self._model is None:
            return entry.lower() in text.lower()
        question = filled(self._prompt, text=text, entry=entry)
        reply = await self._model.invoke([ChatMessage(role="user", content=question)])
        return _YES.match(reply.text) is not None
