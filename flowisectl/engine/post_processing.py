"""The function that a flow's owner may set to rework every answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow
from flowisectl.engine.stored_memory import shown_history
from flowisectl.engine.user_function import UserFunctionError, call_user_function


async def post_processed(
    flow: Flow, context: RunContext, answer: dict[str, Any], *, given: Any = None, fences_data: bool = True
) -> dict[str, Any]:
    """The answer after `chatbotConfig.postProcessing`, or as it was: a failing function is noted and changes nothing.

    `given` is `$flow.input` where that is not the question. Data becomes indented JSON, in a code fence or bare.
    """
    config = flow.chatbot.get("postProcessing")
    text = answer.get("text")
    if not isinstance(config, Mapping) or config.get("enabled") is not True or not text:
        return answer
    code = _code_of(config.get("customFunction"))
    if not code:
        return answer
    history = await context.history.messages(context.flow_id, context.session_id)
    values = {
        "chatflowId": context.flow_id,
        "sessionId": context.session_id,
        "chatId": context.chat_id,
        "input": context.request.question if given is None else given,
        "rawOutput": text,
        "chatHistory": shown_history(history),
        "sourceDocuments": answer.get("sourceDocuments") or [],
        "usedTools": answer.get("usedTools") or [],
        "artifacts": answer.get("artifacts") or [],
        "fileAnnotations": answer.get("fileAnnotations") or [],
    }
    try:
        result = await call_user_function(
            context, code, flow=values, question=context.request.question, variables=await context.variables.values()
        )
    except UserFunctionError as error:
        context.trace.note(f"post-processing failed, the answer stays as it was: {error}")
        return answer
    if isinstance(result, dict | list):
        shown = orjson.dumps(result, option=orjson.OPT_INDENT_2).decode()
        result = f"```json\n{shown}\n```" if fences_data else shown
    return {**answer, "text": result if isinstance(result, str) else text if result is None else str(result)}


def _code_of(value: Any) -> str:
    """The code; it is stored as a JSON text of a text."""
    if not isinstance(value, str):
        return ""
    try:
        code = orjson.loads(value)
    except ValueError:
        return value
    return code if isinstance(code, str) else ""
