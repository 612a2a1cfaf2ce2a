"""Questions that a user may ask next, proposed by a model that has read the answer (`chat_flow.followUpPrompts`).

Format of the column: `{status, selectedProvider, <provider>: {credentialId, modelName, prompt, temperature}}`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.errors import FlowisectlError
from flowisectl.interfaces.chat_model import ChatModel, ChatOptions
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.structured_output import data_of
from flowisectl.texts.conversations import FOLLOW_UP_QUESTIONS

PROVIDERS = {
    "chatAnthropic": "chatAnthropic",
    "azureChatOpenAI": "azureChatOpenAI",
    "chatGoogleGenerativeAI": "chatGoogleGenerativeAI",
    "chatMistralAI": "chatMistralAI",
    "chatOpenAI": "chatOpenAI",
    "groqChat": "groqChat",
    "ollama": "chatOllama",
}
"""The provider as the flow's settings name it → the node that builds its model."""
SECONDS = 30.0
"""The answer waits for the questions at most so long."""
MOST = 10
LONGEST = 1000
HISTORY = "{history}"
SCHEMA = {
    "type": "object",
    "properties": {"questions": {"type": "array", "items": {"type": "string"}, "description": "Questions of the user"}},
    "required": ["questions"],
    "additionalProperties": False,
}


async def follow_up_questions(settings: Mapping[str, Any], answer: str, context: RunContext) -> list[str]:
    """The questions; none when the flow wants none, or when the model fails: the answer is worth more than they are."""
    if not settings.get("status") or not answer.strip() or context.is_tool_call:
        return []
    provider = str(settings.get("selectedProvider") or "")
    chosen = settings.get(provider)
    if provider not in PROVIDERS or not isinstance(chosen, Mapping):
        return []
    try:
        async with asyncio.timeout(SECONDS):
            return await _ask(PROVIDERS[provider], chosen, answer, context)
    except (FlowisectlError, ValueError) as error:
        context.trace.note(f"no follow-up questions: {str(error)[:300]}")
    except TimeoutError:
        context.trace.note(f"no follow-up questions: {provider} did not answer within {SECONDS:g} s")
    return []


async def _ask(node: str, chosen: Mapping[str, Any], answer: str, context: RunContext) -> list[str]:
    inputs = {**{name: value for name, value in chosen.items() if name not in ("credentialId", "prompt", "status")}, "streaming": False}
    credential_id = str(chosen.get("credentialId") or "")
    model: ChatModel = await context.nodes.build(node, inputs, context, node_id="followUpPrompts", credential_id=credential_id)
    prompt = str(chosen.get("prompt") or context.texts.of(FOLLOW_UP_QUESTIONS)).replace(HISTORY, answer)
    options = ChatOptions(json_schema=SCHEMA, schema_name="follow_up_questions")
    reply = await model.invoke([ChatMessage(role="user", content=prompt)], options)
    questions = data_of(reply.text).get("questions")
    found = [text.strip()[:LONGEST] for text in questions if isinstance(text, str)] if isinstance(questions, list) else []
    return [text for text in found if text][:MOST]
