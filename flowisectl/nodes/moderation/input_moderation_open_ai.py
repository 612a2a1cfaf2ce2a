"""Refuses questions that OpenAI's moderation flags."""

from __future__ import annotations

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.moderation import Moderation, ModerationRefusal

URL = "https://api.openai.com/v1"
MESSAGE = "This question cannot be answered: it goes against the content rules of this chat."


class InputModerationOpenAI(Node):
    definition = NodeDefinition(
        name="inputModerationOpenAI",
        label="OpenAI Moderation",
        category="Moderation",
        version=1.0,
        base_classes=("Moderation",),
        description="Refuses questions that OpenAI's moderation flags",
        credential=CredentialParam(("openAIApi",)),
        inputs=(NodeParam("moderationErrorMessage", "Error Message", "string", default=MESSAGE, optional=True, rows=2),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Moderation:
        key = require_key(inputs, "openAIApiKey")
        openai = RestService(context.http, provider="OpenAI", base_url=URL, headers={"authorization": f"Bearer {key}"}, secrets=(key,))
        return OpenAIModeration(openai, inputs.wording("moderationErrorMessage", MESSAGE))


class OpenAIModeration:
    """Format: https://platform.openai.com/docs/api-reference/moderations"""

    def __init__(self, openai: RestService, message: str) -> None:
        self._openai = openai
        self._message = message

    async def check(self, text: str) -> str:
        """The text. Raises ModerationRefusal; ProviderError when OpenAI cannot be asked, so nothing passes unseen."""
        answer = await self._openai.json("POST", "/moderations", {"input": text})
        try:
            is_flagged = any(result.get("flagged") for result in answer["results"])
        except (KeyError, AttributeError, TypeError) as error:
            raise self._openai.error("OpenAI's moderation answered without results") from error
        if is_flagged:
            raise ModerationRefusal(self._message)
        return text
