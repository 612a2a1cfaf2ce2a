"""Models behind a server of NeMo Guardrails (https://docs.nvidia.com/nemo/guardrails/latest/reference/api-server-endpoints/index.html)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from flowisectl.clients.endpoint import ModelEndpoint, Patience
from flowisectl.clients.wire_chat import AnswerReader, WireChat, address
from flowisectl.interfaces.chat_model import ChatOptions, ChatReply
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage


class GuardedChat(WireChat):
    """A configuration of rails behind `<base_url>/v1/chat/completions`, asked in one piece. It knows no tools."""

    def __init__(
        self, http: HttpClient, *, provider: str = "nemo", base_url: str, configuration: str, **patience: Unpack[Patience]
    ) -> None:
        super().__init__(
            ModelEndpoint(http, provider=provider, headers={}, **patience),
            url=address(base_url, "/v1/chat/completions"),
            head={"config_id": configuration, "stream": False},
            model=configuration,
            streaming=False,
            allows_images=False,
        )

    def _body(self, messages: Sequence[ChatMessage], options: ChatOptions, is_streaming: bool) -> dict[str, Any]:
        if options.tools or options.json_schema is not None:
            raise self._endpoint.error(f"{self.provider}: this model cannot call tools or keep to a schema: choose another chat model")
        return {**self._head, "messages": [_message(message) for message in messages]}

    def _reader(self, options: ChatOptions) -> AnswerReader:
        raise self._endpoint.error(f"{self.provider} is never asked by streaming")

    def _whole(self, answer: Any, options: ChatOptions) -> ChatReply:
        """Servers of old give `messages`, those of today `choices` as OpenAI does."""
        try:
            message = answer["messages"][-1] if "messages" in answer else answer["choices"][0]["message"]
            return ChatReply(text=str(message["content"] or ""), response_metadata={"model_provider": self.provider})
        except (KeyError, IndexError, TypeError) as error:
            raise self._endpoint.error(f"{self.provider} gave an answer without a message") from error


def _message(message: ChatMessage) -> Mapping[str, Any]:
    return {"role": "system" if message.role == "developer" else message.role, "content": message.text}
