"""The models of Amazon Bedrock over its Converse API (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from flowisectl.clients.aws_events import MessageParser
from flowisectl.clients.aws_services import AwsEndpoint, service_url
from flowisectl.clients.aws_signing import AwsKeys, aws_quote
from flowisectl.clients.bedrock_answers import ConverseReader, read_answer
from flowisectl.clients.endpoint import Patience
from flowisectl.clients.wire_chat import WireChat, image_url, split_data_url, without_none
from flowisectl.interfaces.chat_model import ChatOptions, ChatReply, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage

_FORMATS = {"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"}


class BedrockChat(WireChat):
    """A model behind `<base_url>/model/<model>/converse-stream`.

    `inference` is `inferenceConfig` (`maxTokens`, `temperature`, `topP`); members that are None are left out. `extra` goes into
    the request as it is (`performanceConfig` …).
    """

    parser = MessageParser

    def __init__(
        self,
        http: HttpClient,
        keys: AwsKeys,
        *,
        provider: str = "bedrock",
        region: str,
        base_url: str = "",
        model: str,
        streaming: bool = True,
        allows_images: bool = False,
        inference: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
        **patience: Unpack[Patience],
    ) -> None:
        base = (base_url or service_url("bedrock-runtime", region)).rstrip("/")
        config = without_none(inference or {})
        super().__init__(
            AwsEndpoint(http, keys, provider=provider, service="bedrock", region=region, **patience),
            url=f"{base}/model/{aws_quote(model)}",
            head={**({"inferenceConfig": config} if config else {}), **(extra or {})},
            model=model,
            streaming=streaming,
            allows_images=allows_images,
        )

    def _url(self, is_streaming: bool) -> str:
        return f"{self._address}/converse-stream" if is_streaming else f"{self._address}/converse"

    def _reader(self, options: ChatOptions) -> ConverseReader:
        return ConverseReader(self._endpoint, self.model, is_structured=options.json_schema is not None)

    def _whole(self, answer: Any, options: ChatOptions) -> ChatReply:
        return read_answer(self._endpoint, self.model, answer, is_structured=options.json_schema is not None)

    def _body(self, messages: Sequence[ChatMessage], options: ChatOptions, is_streaming: bool) -> dict[str, Any]:
        body: dict[str, Any] = {**self._head, "messages": self._turns(messages)}
        system = [message.text for message in messages if message.role in ("system", "developer") and message.text.strip()]
        if system:
            body["system"] = [{"text": text} for text in system]
        if options.stop:
            body["inferenceConfig"] = {**body.get("inferenceConfig", {}), "stopSequences": [*options.stop]}
        if tools := self._tools(messages, options):
            body["toolConfig"] = tools
        return body

    def _tools(self, messages: Sequence[ChatMessage], options: ChatOptions) -> dict[str, Any]:
        """`toolConfig`. Bedrock knows no ban on tools: they are left out then, unless the conversation has calls already."""
        tools = [*options.tools]
        wanted = options.tool_choice
        if wanted == "none" and not any(message.tool_calls or message.role == "tool" for message in messages):
            tools = []
        if options.json_schema is not None:
            tools.append(ToolSpec(name=options.schema_name, description="", parameters=options.json_schema))
            wanted = options.schema_name
        if not tools:
            return {}
        choice = _choice(wanted, self.model)
        return {"tools": [_tool(tool) for tool in tools], **({"toolChoice": choice} if choice else {})}

    def _turns(self, messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
        """The conversation in turns: neighbours of one role are one turn, and results of tools belong to the user."""
        turns: list[dict[str, Any]] = []
        for message in messages:
            if message.role in ("system", "developer"):
                continue
            blocks = self._blocks(message)
            role = "assistant" if message.role == "assistant" else "user"
            if not blocks:
                continue
            if turns and turns[-1]["role"] == role:
                turns[-1]["content"] += blocks
            else:
                turns.append({"role": role, "content": blocks})
        return turns

    def _blocks(self, message: ChatMessage) -> list[dict[str, Any]]:
        if message.role == "tool":
            # An empty text is refused.
            content = [{"text": message.text}] if message.text.strip() else [{"json": {"result": message.text}}]
            return [{"toolResult": {"toolUseId": message.tool_call_id or "", "content": content}}]
        calls = [{"toolUse": {"toolUseId": call.id, "name": call.name, "input": dict(call.arguments)}} for call in message.tool_calls]
        return [*self._content(message), *calls]

    def _content(self, message: ChatMessage) -> list[dict[str, Any]]:
        if isinstance(message.content, str):
            return [{"text": message.content}] if message.content.strip() else []
        blocks: list[dict[str, Any]] = []
        for part in message.content:
            if part.get("type") == "text" and str(part.get("text", "")).strip():
                blocks.append({"text": part["text"]})
            elif part.get("type") == "image_url":
                data = split_data_url(image_url(part))
                kind = _FORMATS.get(data[0]) if data else None
                if data is None or kind is None:
                    raise self._endpoint.error(f"{self.provider} takes images only as PNG, JPEG, GIF or WebP files, not by their address")
                blocks.append({"image": {"format": kind, "source": {"bytes": data[1]}}})
        return blocks


def _choice(wanted: str | None, model: str) -> dict[str, Any]:
    """`toolChoice`, as far as the model knows it: only Claude and Nova can be made to call one tool, Mistral to call some tool.

    Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html
    """
    if wanted in (None, "auto", "none"):
        return {}
    can_name = "anthropic" in model or "nova" in model or model.startswith("arn:")
    if wanted == "required":
        return {"any": {}} if can_name or "mistral" in model else {}
    return {"tool": {"name": wanted}} if can_name else {"any": {}} if "mistral" in model else {}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    spec: dict[str, Any] = {"name": tool.name, "inputSchema": {"json": {"type": "object", **tool.parameters}}}
    return {"toolSpec": {**spec, "description": tool.description} if tool.description else spec}
