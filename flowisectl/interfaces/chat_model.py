"""What a chat model is to the nodes that use one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

from flowisectl.interfaces.message import ChatMessage, ToolCall


@dataclass(frozen=True, kw_only=True)
class ToolSpec:
    """A tool as it is offered to a model. `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ChatOptions:
    """What one call asks for beyond the messages."""

    tools: tuple[ToolSpec, ...] = ()
    provider_tools: tuple[Mapping[str, Any], ...] = ()
    """Tools that the provider runs itself, each as its API writes it. A model of a provider without such tools passes over them."""
    tool_choice: str | None = None
    """A tool's name to force it, `"auto"`, `"none"` or `"required"`."""
    json_schema: Mapping[str, Any] | None = None
    """The answer must be a JSON object of this JSON Schema."""
    schema_name: str = "extract"
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChatReply:
    """One complete answer of a model."""

    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Mapping[str, Any] | None = None
    """`{input_tokens, output_tokens, total_tokens, input_token_details, output_token_details}`, when the provider tells."""
    response_metadata: Mapping[str, Any] = field(default_factory=dict)
    """`finish_reason`, `model_name`, `usage` … as the provider gave them."""
    provider_calls: tuple[Mapping[str, Any], ...] = ()
    """What the provider's own tools did: `{tool, toolInput, toolOutput}`."""
    images: tuple[str, ...] = ()
    """Images that the model made, as `data:` URLs."""

    def to_message(self) -> ChatMessage:
        return ChatMessage(role="assistant", content=self.text, tool_calls=self.tool_calls)


class ChatChunk(NamedTuple):
    """One piece of a streamed answer. The last chunk carries `reply`, the whole answer put together."""

    text: str = ""
    reasoning: str = ""
    is_tool_call: bool = False
    """The piece belongs to a tool call; its text is not for the user."""
    reply: ChatReply | None = None


class ChatModel(Protocol):
    """A chat model, ready to be asked. `streaming` says whether its owner wants it asked by streaming."""

    provider: str
    model: str
    streaming: bool
    allows_images: bool

    def stream(self, messages: Sequence[ChatMessage], options: ChatOptions = ChatOptions()) -> AsyncIterator[ChatChunk]:
        """The answer piece by piece; the last chunk has `reply`. Raises ProviderError."""
        ...

    async def invoke(self, messages: Sequence[ChatMessage], options: ChatOptions = ChatOptions()) -> ChatReply:
        """The whole answer. A model with `streaming` is asked by streaming all the same, as Flowise does. Raises ProviderError."""
        ...

    def cache_key(self) -> str:
        """Text that is equal for models which answer alike: provider, model and parameters, no secret."""
        ...


@runtime_checkable
class TellingModel(Protocol):
    """A chat model that can tell its answer without waking whoever waits for it: for each token that is half of the cost."""

    async def tell(
        self, messages: Sequence[ChatMessage], hear: Callable[[ChatChunk], None], options: ChatOptions = ChatOptions()
    ) -> ChatReply:
        """As `ChatModel.stream`, but `hear` is called with each chunk, the last included, in the context of this call. It must not
        block. Raises what it raises, ProviderError."""
        ...
