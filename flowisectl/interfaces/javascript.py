"""User-written JavaScript, as nodes may run it. The implementation holds the bounds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

HostFunction = Callable[[Any], Awaitable[Any]]
"""Called from user code with one JSON value, answers with one JSON value."""


UNDEFINED = object()
"""What JavaScript's `undefined` is inside the implementation; callers of `run` say themselves what it shall be."""


class JavaScriptError(Exception):
    """User code threw, does not parse, or went over a bound. The text names the error as JavaScript does (`SyntaxError: …`)."""


class JavaScript(Protocol):
    async def run(
        self,
        code: str,
        variables: Mapping[str, Any],
        *,
        host_functions: Mapping[str, HostFunction] | None = None,
        timeout_seconds: float | None = None,
        undefined: Any = None,
    ) -> Any:
        """Run code as the body of an async function and give its return value as JSON data; for `undefined`, what `undefined` says.

        `variables` become global names as they are written (`$input`, `$vars`, `$flow`, `$name`); values are JSON data.
        `host_functions` become global async functions. Outgoing requests of the code pass the deny list. Raises JavaScriptError.
        """
        ...
