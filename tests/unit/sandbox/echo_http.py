"""An HTTP client that answers by itself, for user code."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from flowisectl.interfaces.http import HttpCall, HttpDenied, HttpFailed, HttpResponse, HttpStream


class EchoHttp:
    """Tells each caller what it sent; some paths answer in other ways. `calls` keeps what was asked."""

    def __init__(self) -> None:
        self.calls: list[HttpCall] = []
        self.answers: dict[str, HttpResponse | Exception | Callable[[HttpCall], Awaitable[HttpResponse]]] = {}

    async def request(self, call: HttpCall) -> HttpResponse:
        self.calls.append(call)
        for path, answer in self.answers.items():
            if path in call.url:
                if isinstance(answer, Exception):
                    raise answer
                return answer if isinstance(answer, HttpResponse) else await answer(call)
        if "denied" in call.url:
            raise HttpDenied("Access to this host is denied by policy.")
        body = (call.body or b"").decode("utf8", "replace")
        data = {"method": call.method, "url": call.url, "headers": dict(call.headers), "body": body}
        return HttpResponse(status=200, reason="OK", headers={"content-type": "application/json"}, body=json.dumps(data).encode())

    def stream(self, call: HttpCall) -> AbstractAsyncContextManager[HttpStream]:
        raise HttpFailed("user code does not stream")
