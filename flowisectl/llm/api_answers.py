"""Answering from an HTTP API: the model writes the request, reads the answer, and tells the user."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson

from flowisectl.errors import FlowError
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.llm.prompt_template import format_template

GET_URL = """\
This is the documentation of an API:
{api_docs}

Write the whole URL to call with GET so that its answer helps with the question below. Leave out everything that is not needed. \
Answer with the URL alone.

Question: {question}
URL:"""

GET_ANSWER = """\
The question was: {question}

{api_url} answered:
{api_response}

Answer the question from that."""

POST_CALL = """\
This is the documentation of an API:
{api_docs}

Write the call with POST that answers the question below, as one JSON object and nothing else: \
{{"url": "the whole URL", "data": {{…the body…}}}}

Question: {question}
JSON:"""

POST_ANSWER = GET_ANSWER

MAX_RESPONSE = 20_000
_URL = re.compile(r"https?://[^\s<>\"'`]+")

Send = Callable[[str, Any], Awaitable[str]]
"""(URL, JSON body or None) → the text of the answer."""


@dataclass(frozen=True, kw_only=True)
class ApiChain:
    """`call_prompt` has `{api_docs}` and `{question}`, `answer_prompt` also `{api_url}` and `{api_response}`."""

    model: ChatModel
    documentation: str
    call_prompt: str
    answer_prompt: str
    with_body: bool
    send: Send

    async def respond(self, question: str, teller: AnswerTeller | None = None) -> str:
        """Only the answer is told, not the call. Raises ProviderError, FlowError."""
        values = {"api_docs": self.documentation, "question": question}
        written = await self.model.invoke([ChatMessage(role="user", content=format_template(self.call_prompt, values))])
        url, body = self._call(written.text)
        response = (await self.send(url, body))[:MAX_RESPONSE]
        shown = url if body is None else f"{url} {orjson.dumps(body).decode()}"
        values |= {"api_url": shown, "api_response": response, "api_url_body": shown}
        return (await ask(self.model, [ChatMessage(role="user", content=format_template(self.answer_prompt, values))], teller)).text

    async def answer(self, question: str) -> str:
        return await self.respond(question)

    def _call(self, text: str) -> tuple[str, Any]:
        """URL and body in what the model wrote: for a call with a body a JSON object `{url, data}`."""
        if self.with_body:
            try:
                call = orjson.loads(text[text.index("{") : text.rindex("}") + 1])
                return str(call["url"]), call.get("data", {})
            except (ValueError, KeyError, TypeError) as error:
                raise FlowError(f"the model wrote no call that can be sent: {text[:200]!r}") from error
        found = _URL.search(text)
        if found is None:
            raise FlowError(f"the model wrote no URL: {text[:200]!r}")
        return found[0].rstrip(".,;)"), None
