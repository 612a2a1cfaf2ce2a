"""What every chat wire has in common: ask, by streaming or in one piece, and put the answer together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol

import orjson

from flowisectl.clients.endpoint import ModelEndpoint
from flowisectl.clients.sse import EventParser, StreamParser
from flowisectl.errors import ProviderError
from flowisectl.interfaces.chat_model import ChatChunk, ChatOptions, ChatReply
from flowisectl.interfaces.http import Wanted
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.model_call import CHAT, CallListener, begin_call

NO_OPTIONS = ChatOptions()
FIRST_LOTS = 2
"""So much of an answer's text is read as it comes. The rest, if there is more, may be read together with other answers."""


class AnswerReader(Protocol):
    """Takes the events of one streamed answer."""

    is_done: bool
    """The provider said that this is all; what follows is not waited for."""

    def feed(self, event: bytes) -> ChatChunk | None:
        """The chunk that an event makes, if it makes one. Raises ProviderError."""
        ...

    def reply(self) -> ChatReply:
        """The whole answer. Raises ProviderError when it was cut off."""
        ...


class WireChat(ABC):
    """A chat model behind a wire; implements `interfaces.chat_model.ChatModel`. A subclass knows the provider's format."""

    parser: Callable[[], StreamParser] = EventParser
    """Takes the provider's stream apart."""

    def __init__(
        self, endpoint: ModelEndpoint, *, url: str, head: Mapping[str, Any], model: str, streaming: bool, allows_images: bool
    ) -> None:
        """`head`: the members of each request that do not depend on the question."""
        self.provider = endpoint.provider
        self.model = model
        self.streaming = streaming
        self.allows_images = allows_images
        self._endpoint = endpoint
        self._address = url
        self._head = head

    async def stream(self, messages: Sequence[ChatMessage], options: ChatOptions = NO_OPTIONS) -> AsyncIterator[ChatChunk]:
        """The answer piece by piece; the last chunk has `reply`. A model whose owner does not stream is asked in one piece."""
        if not self.streaming:
            reply = await self.invoke(messages, options)
            yield ChatChunk(text=reply.text, reasoning=reply.reasoning, is_tool_call=bool(reply.tool_calls), reply=reply)
            return
        reader, call, has_begun = self._reader(options), begin_call(self.provider, self.model, CHAT), False
        try:
            body, headers = self._body(messages, options, True), self._headers(options)
            async with aclosing(self._endpoint.events(self._url(True), body, self.parser, headers)) as lots:
                async for lot in lots:
                    for event in lot:
                        chunk = reader.feed(event)
                        if chunk is not None:
                            if not has_begun:
                                has_begun = True
                                if call is not None:
                                    call.first_token()
                            yield chunk
                    if reader.is_done:
                        break
            reply = reader.reply()
        except ProviderError as error:
            self._tell(call, error.status)
            raise
        self._tell(call, 200, reply)
        yield ChatChunk(reply=reply)

    async def tell(
        self, messages: Sequence[ChatMessage], hear: Callable[[ChatChunk], None], options: ChatOptions = NO_OPTIONS
    ) -> ChatReply:
        """See `interfaces.chat_model.TellingModel`."""
        if not self.streaming:
            reply = await self.invoke(messages, options)
            hear(ChatChunk(text=reply.text, reasoning=reply.reasoning, is_tool_call=bool(reply.tool_calls), reply=reply))
            return reply
        reply = await self._listen(messages, options, hear)
        hear(ChatChunk(reply=reply))
        return reply

    async def _listen(self, messages: Sequence[ChatMessage], options: ChatOptions, hear: Callable[[ChatChunk], None] | None) -> ChatReply:
        """Ask by streaming; `hear` gets the chunks without the last one."""
        reader, call = self._reader(options), begin_call(self.provider, self.model, CHAT)
        feed, lots_with_text = reader.feed, 0

        def hear_lot(lot: list[bytes]) -> Wanted:
            nonlocal lots_with_text
            has_text = False
            for event in lot:
                chunk = feed(event)
                if chunk is not None:
                    if not lots_with_text and not has_text and call is not None:
                        call.first_token()
                    has_text = True
                    if hear is not None:
                        hear(chunk)
            if reader.is_done:
                return Wanted.NOTHING
            lots_with_text += has_text
            return Wanted.SOON if lots_with_text >= FIRST_LOTS else Wanted.AT_ONCE

        try:
            body, headers = self._body(messages, options, True), self._headers(options)
            await self._endpoint.listen(self._url(True), body, hear_lot, self.parser, headers)
            reply = reader.reply()
        except ProviderError as error:
            self._tell(call, error.status)
            raise
        self._tell(call, 200, reply)
        return reply

    async def invoke(self, messages: Sequence[ChatMessage], options: ChatOptions = NO_OPTIONS) -> ChatReply:
        """The whole answer; asked by streaming all the same when `streaming` is on."""
        if self.streaming:
            return await self._listen(messages, options, None)
        call = begin_call(self.provider, self.model, CHAT)
        try:
            body = self._body(messages, options, False)
            reply = self._whole(await self._endpoint.post(self._url(False), body, self._headers(options)), options)
        except ProviderError as error:
            self._tell(call, error.status)
            raise
        self._tell(call, 200, reply)
        return reply

    def _tell(self, call: CallListener | None, status: int, reply: ChatReply | None = None) -> None:
        if call is not None:
            call.answered(provider=self.provider, model=self.model, status=status, usage=reply.usage if reply is not None else None)

    def cache_key(self) -> str:
        """Text that is equal for models which answer alike; no secret is in it."""
        return orjson.dumps([self.provider, self._url(False), self._head], option=orjson.OPT_SORT_KEYS).decode()

    def _url(self, is_streaming: bool) -> str:
        return self._address

    def _headers(self, options: ChatOptions) -> Mapping[str, str] | None:
        """What a call's options ask for in headers."""
        return None

    @abstractmethod
    def _body(self, messages: Sequence[ChatMessage], options: ChatOptions, is_streaming: bool) -> dict[str, Any]: ...

    @abstractmethod
    def _reader(self, options: ChatOptions) -> AnswerReader: ...

    @abstractmethod
    def _whole(self, answer: Any, options: ChatOptions) -> ChatReply:
        """The reply in an answer that came in one piece. Raises ProviderError."""


def parse_event(endpoint: ModelEndpoint, event: bytes) -> dict[str, Any]:
    """An event's JSON object. Raises ProviderError when it is none."""
    try:
        data = orjson.loads(event)
    except ValueError as error:
        raise endpoint.error(f"{endpoint.provider} sent an event that is not JSON: {event[:200]!r}") from error
    if not isinstance(data, dict):
        raise endpoint.error(f"{endpoint.provider} sent an event that is no JSON object: {event[:200]!r}")
    return data


def parse_arguments(endpoint: ModelEndpoint, name: str, raw: str) -> Mapping[str, Any]:
    """The arguments of a tool call; nothing at all counts as an empty object. Raises ProviderError naming the tool."""
    if not raw.strip():
        return {}
    try:
        arguments = orjson.loads(raw)
    except ValueError as error:
        raise endpoint.error(f"{endpoint.provider} called the tool {name!r} with arguments that are not valid JSON: {raw[:200]}") from error
    if arguments is None:
        return {}
    if not isinstance(arguments, dict):
        raise endpoint.error(f"{endpoint.provider} called the tool {name!r} with arguments that are no JSON object: {raw[:200]}")
    return arguments


def streamed_error(endpoint: ModelEndpoint, error: Any) -> ProviderError:
    """An error that came inside an answer with status 200."""
    if isinstance(error, dict):
        message = error.get("message")
        code = error.get("code")
        status = code if isinstance(code, int) and 400 <= code < 600 else 0
        text = message if isinstance(message, str) and message else orjson.dumps(error).decode()
        return endpoint.error(f"{status} {text}" if status else text, status)
    return endpoint.error(str(error))


def address(base_url: str, path: str) -> str:
    """`base_url` with a path after it and before its query."""
    base, mark, query = base_url.strip().partition("?")
    return base.rstrip("/") + path + mark + query


def without_none(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def split_data_url(url: str) -> tuple[str, str] | None:
    """(media type, base64) of a `data:` URL; None for any other."""
    head, comma, data = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        return None
    return head[5:-7].split(";")[0] or "application/octet-stream", data


def image_url(part: Mapping[str, Any]) -> str:
    """The address in an `image_url` part, which comes as text or as `{url}`."""
    value = part.get("image_url")
    return str(value.get("url", "")) if isinstance(value, Mapping) else str(value or "")
