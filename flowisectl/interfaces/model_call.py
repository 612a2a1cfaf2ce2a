"""What is heard of the model calls that a node makes, by whoever keeps an eye on the run."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Protocol


class CallListener(Protocol):
    def first_token(self) -> None:
        """The first piece of an answer came."""
        ...

    def answered(self, *, provider: str, model: str, status: int, usage: Mapping[str, Any] | None = None) -> None:
        """A call ended. `status` is the provider's HTTP status, 0 when there was none; `usage` as in `ChatReply`."""
        ...


MODEL_CALLS: ContextVar[CallListener | None] = ContextVar("model_calls", default=None)
"""The listener of the node that runs in this context; None when nobody listens."""
