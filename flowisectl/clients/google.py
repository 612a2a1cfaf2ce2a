"""Google's Gemini models over the Generative Language API (https://ai.google.dev/api/generate-content)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack
from urllib.parse import quote

import orjson

from flowisectl.clients.endpoint import ModelEndpoint, Patience, key_headers
from flowisectl.clients.google_answers import CandidateReader, SignatureKeeper, read_candidate
from flowisectl.clients.google_schema import to_gemini_schema
from flowisectl.clients.openai_embeddings import checked
from flowisectl.clients.wire_chat import WireChat, image_url, split_data_url, without_none
from flowisectl.interfaces.chat_model import ChatOptions, ChatReply, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage

GOOGLE_URL = "https://generativelanguage.googleapis.com"
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_MOST_TEXTS = 100
"""The most texts that one embedding request may have."""


class GeminiChat(WireChat):
    """A Gemini model behind `<base_url>/v1beta/models/<model>`, or behind `model_url` where that is not empty.

    An empty `api_key` is not sent; then `headers` have to say who asks. `generation` is `generationConfig` (`temperature`,
    `maxOutputTokens`, `thinkingConfig` …) and `safety` `safetySettings`; members that are None are left out. Signatures that come
    with tool calls are kept in this object and handed back.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str = "google",
        base_url: str = GOOGLE_URL,
        model_url: str = "",
        api_key: str,
        model: str,
        streaming: bool = True,
        allows_images: bool = False,
        generation: Mapping[str, Any] | None = None,
        safety: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        **patience: Unpack[Patience],
    ) -> None:
        endpoint = ModelEndpoint(
            http,
            provider=provider,
            headers={**key_headers(api_key, "x-goog-api-key"), **(headers or {})},
            secrets=(api_key.strip(),),
            **patience,
        )
        self._generation = without_none(generation or {})
        self._safety = [dict(setting) for setting in safety]
        super().__init__(
            endpoint,
            url=model_url or _model_url(base_url, model),
            head={"generationConfig": self._generation, "safetySettings": self._safety},
            model=model,
            streaming=streaming,
            allows_images=allows_images,
        )
        self._signatures = SignatureKeeper()

    def _url(self, is_streaming: bool) -> str:
        return f"{self._address}:streamGenerateContent?alt=sse" if is_streaming else f"{self._address}:generateContent"

    def _reader(self, options: ChatOptions) -> CandidateReader:
        return CandidateReader(self._endpoint, self._signatures, is_structured=options.json_schema is not None)

    def _whole(self, answer: Any, options: ChatOptions) -> ChatReply:
        return read_candidate(self._endpoint, self._signatures, answer, is_structured=options.json_schema is not None)

    def _body(self, messages: Sequence[ChatMessage], options: ChatOptions, is_streaming: bool) -> dict[str, Any]:
        body: dict[str, Any] = {"contents": self._turns(messages)}
        system = "\n\n".join(message.text for message in messages if message.role in ("system", "developer") and message.text)
        if system:
            body["systemInstruction"] = {"parts": [{"text": system}]}
        generation = dict(self._generation)
        if options.stop:
            generation["stopSequences"] = [*options.stop]
        if generation:
            body["generationConfig"] = generation
        if self._safety:
            body["safetySettings"] = self._safety
        tools = [_tool(tool) for tool in options.tools]
        choice: dict[str, Any] = {}
        if options.json_schema is not None:
            tools.append(_tool(ToolSpec(name=options.schema_name, description="", parameters=options.json_schema)))
            choice = {"mode": "ANY", "allowedFunctionNames": [options.schema_name]}
        elif options.tool_choice:
            mode = _MODES.get(options.tool_choice)
            choice = {"mode": mode} if mode else {"mode": "ANY", "allowedFunctionNames": [options.tool_choice]}
        offered: list[Mapping[str, Any]] = [{"functionDeclarations": tools}] if tools else []
        if offered := [*offered, *options.provider_tools]:
            body["tools"] = offered
        if choice:
            body["toolConfig"] = {"functionCallingConfig": choice}
        return body

    def _turns(self, messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
        """The conversation in turns: neighbours of one role are one turn, and results of tools belong to the user."""
        names = {call.id: call.name for message in messages for call in message.tool_calls}
        turns: list[dict[str, Any]] = []
        for message in messages:
            if message.role in ("system", "developer"):
                continue
            parts = self._parts(message, names)
            role = "model" if message.role == "assistant" else "user"
            if not parts:
                continue
            if turns and turns[-1]["role"] == role:
                turns[-1]["parts"] += parts
            else:
                turns.append({"role": role, "parts": parts})
        return turns

    def _parts(self, message: ChatMessage, names: Mapping[str, str]) -> list[dict[str, Any]]:
        if message.role == "tool":
            name = message.name or names.get(message.tool_call_id or "", "")
            return [{"functionResponse": {"name": name, "response": {"result": message.text}}}]
        parts = _content_parts(message)
        for call in message.tool_calls:
            part: dict[str, Any] = {"functionCall": {"name": call.name, "args": dict(call.arguments)}}
            signature = self._signatures.of(call.id, self.model)
            parts.append({**part, "thoughtSignature": signature} if signature else part)
        return parts


class GeminiEmbeddings:
    """An embedding model behind `<base_url>/v1beta/models/<model>:batchEmbedContents`; implements `interfaces.embeddings.Embeddings`.

    `task_type` says what the vectors are for; an empty text or TASK_TYPE_UNSPECIFIED leaves it out.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str = "google",
        base_url: str = GOOGLE_URL,
        api_key: str,
        model: str,
        task_type: str = "",
        strip_new_lines: bool = True,
        **patience: Unpack[Patience],
    ) -> None:
        self.provider = provider
        self.model = model
        self._base = _model_url(base_url, model)
        self._request: dict[str, Any] = {"model": f"models/{_bare(model)}"}
        if task_type and task_type != "TASK_TYPE_UNSPECIFIED":
            self._request["taskType"] = task_type
        self._strip_new_lines = strip_new_lines
        self._endpoint = ModelEndpoint(
            http,
            provider=provider,
            headers={"x-goog-api-key": api_key.strip()},
            secrets=(api_key.strip(),),
            **patience,
        )

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, in order. Raises ProviderError."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), _MOST_TEXTS):
            batch = texts[start : start + _MOST_TEXTS]
            requests = [{**self._request, "content": {"parts": [{"text": self._plain(text)}]}} for text in batch]
            answer = await self._endpoint.embed(f"{self._base}:batchEmbedContents", {"requests": requests}, self.model)
            try:
                found = [[float(number) for number in item["values"]] for item in answer["embeddings"]]
            except (KeyError, TypeError, ValueError) as error:
                raise self._endpoint.error(f"{self.provider} gave an answer without embeddings") from error
            vectors += checked(self._endpoint, found, len(batch))
        return vectors

    async def embed_query(self, text: str) -> list[float]:
        """The vector of one question. Raises ProviderError."""
        return (await self.embed([text]))[0]

    def _plain(self, text: str) -> str:
        return text.replace("\n", " ") if self._strip_new_lines else text


def _bare(model: str) -> str:
    return model.removeprefix("models/")


def _model_url(base_url: str, model: str) -> str:
    return f"{base_url.strip().rstrip('/')}/v1beta/models/{quote(_bare(model), safe='')}"


def _content_parts(message: ChatMessage) -> list[dict[str, Any]]:
    if isinstance(message.content, str):
        return [{"text": message.content}] if message.content else []
    parts: list[dict[str, Any]] = []
    for part in message.content:
        if part.get("type") == "text" and part.get("text"):
            parts.append({"text": part["text"]})
        elif part.get("type") == "image_url":
            url = image_url(part)
            data = split_data_url(url)
            inline = {"inlineData": {"mimeType": data[0], "data": data[1]}} if data else {"fileData": {"fileUri": url}}
            parts.append(inline)
    return parts


def _tool(tool: ToolSpec) -> dict[str, Any]:
    data: dict[str, Any] = {"name": tool.name, "description": tool.description or tool.name}
    parameters = to_gemini_schema(orjson.loads(orjson.dumps(tool.parameters)))
    # An object without members is refused; a function without parameters is not.
    return {**data, "parameters": parameters} if parameters.get("properties") else data
