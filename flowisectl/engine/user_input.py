"""What the user sent with a request, as chains and agents give it to a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.stored_memory import image_part
from flowisectl.interfaces.chat_model import ChatModel


def question_text(context: RunContext) -> str:
    """The question, texts of attached files in front. A request without one asks `undefined`, as clients know it."""
    return context.request.final_question if context.request.has_question else "undefined"


async def image_parts(context: RunContext, model: ChatModel) -> list[Mapping[str, Any]]:
    """The uploaded images as message parts, when the model takes images. Raises NotFound for a file that is gone."""
    if not context.request.uploads or not getattr(model, "allows_images", False):
        return []
    return [part for upload in context.request.uploads if (part := await image_part(context, upload))]


def tool_flow(context: RunContext) -> dict[str, Any]:
    """`$flow` of the tools that an agent calls."""
    return {
        "chatflowId": context.flow_id,
        "sessionId": context.session_id,
        "chatId": context.chat_id,
        "input": context.request.final_question,
        "state": {},
    }
