"""What is heard of the model calls that a node makes, by whoever keeps an eye on the run."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Protocol

CHAT, TEXT, EMBEDDINGS = "chat", "text_completion", "embeddings"
"""What a model is asked for, named as OpenTelemetry's `gen_ai.operation.name`."""


class CallListener(Protocol):
    def asked(self, *, provider: str, model: str, operation: str) -> CallListener:
        """A call begins; what is given hears of this call alone. `operation` is CHAT, TEXT or EMBEDDINGS."""
        ...

    def first_token(self) -> None:
        """The first piece of an answer came."""
        ...

    def answered(self, *, provider: str, model: str, status: int, usage: Mapping[str, Any] | None = None) -> None:
        """A call ended. `status` is the provider's HTTP status, 0 when there was none; `usage` as in `ChatReply`."""
        ...


MODEL_CALLS: ContextVar[CallListener | None] = ContextVar("model_calls", default=None)
"""The listener of the node that runs in this context; None when nobody listens."""


def begin_call(provider: str, model: str, operation: str) -> CallListener | None:
    """Tell the listener of this context, if there is one, that a call begins; gives what hears of its course."""
    listener = MODEL_CALLS.get()
    return listener.asked(provider=provider, model=model, operation=operation) if listener is not None else None
