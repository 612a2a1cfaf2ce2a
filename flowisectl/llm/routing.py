"""Choosing one of several destinations for a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import orjson

from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.retriever import Retriever
from flowisectl.texts.documents import ROUTE_QUESTION
from flowisectl.texts.text import filled


class Destination(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class RoutedPrompt:
    name: str
    description: str
    system_message: str


@dataclass(frozen=True, kw_only=True)
class RoutedRetriever:
    name: str
    description: str
    retriever: Retriever


Choice = TypeVar("Choice", bound=Destination)


async def route(
    model: ChatModel, question: str, destinations: Sequence[Choice], prompt: str = ROUTE_QUESTION.ours
) -> tuple[Choice | None, str]:
    """(the destination that a model chooses, or None; the question as it should go there). Raises ProviderError.

    An answer that is no JSON, or that names no destination, counts as none.
    """
    listed = "\n".join(f"{destination.name}: {destination.description}" for destination in destinations)
    asked = filled(prompt, destinations=listed, question=question)
    text = (await model.invoke([ChatMessage(role="user", content=asked)])).text
    try:
        answer = orjson.loads(text[text.index("{") : text.rindex("}") + 1])
        wanted = str(answer.get("destination") or "").strip().lower()
        worded = answer.get("next_inputs")
    except (ValueError, AttributeError):
        return None, question
    chosen = next((destination for destination in destinations if destination.name.strip().lower() == wanted), None)
    return chosen, worded if isinstance(worded, str) and worded.strip() else question
