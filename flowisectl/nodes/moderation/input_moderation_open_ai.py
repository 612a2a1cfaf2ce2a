"""Refuses questions that OpenAI's moderation flags."""

from __future__ import annotations

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, Reach
from flowisectl.interfaces.moderation import Moderation, ModerationRefusal

URL = "https://api.openai.com/v1/moderations"
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
        api_key = inputs.secret("openAIApiKey")
        if not api_key:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no API key: choose an OpenAI credential for it")
        return OpenAIModeration(context.http, api_key, inputs.wording("moderationErrorMessage", MESSAGE))


class OpenAIModeration:
    """Format: https://platform.openai.com/docs/api-reference/moderations"""

    def __init__(self, http: HttpClient, api_key: str, message: str) -> None:
        self._http = http
        self._api_key = api_key
        self._message = message

    async def check(self, text: str) -> str:
        """The text. Raises ModerationRefusal; ProviderError when OpenAI cannot be asked, so nothing passes unseen."""
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._api_key}"}
        call = HttpCall(method="POST", url=URL, headers=headers, body=orjson.dumps({"input": text}), reach=Reach.ENDPOINT)
        try:
            response = await self._http.request(call)
            if response.status != 200:
                raise ProviderError(f"{response.status} OpenAI refused to moderate", provider="openAI", status=response.status)
            is_flagged = any(result.get("flagged") for result in orjson.loads(response.body)["results"])
        except (HttpFailed, HttpDenied, ValueError, KeyError, AttributeError, TypeError) as error:
            raise ProviderError(f"OpenAI's moderation could not be asked: {error}", provider="openAI") from error
        if is_flagged:
            raise ModerationRefusal(self._message)
        return text
