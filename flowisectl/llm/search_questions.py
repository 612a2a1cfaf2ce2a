"""Wording what to search for: other wordings of a question, passages that would answer it."""

from __future__ import annotations

import re

from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.prompt_template import format_template
from flowisectl.texts.documents import EXTRACT_PASSAGES, SEARCH_REQUESTS
from flowisectl.texts.text import filled

OTHER_WORDINGS = """\
Word the following question in 3 other ways, so that a search by meaning finds documents that the question itself would miss. \
Write one wording on each line, between the tags <questions> and </questions>, and nothing else.

Question: {question}"""

NOTHING = "NO_OUTPUT"

_BETWEEN_TAGS = re.compile(r"<questions>(.*?)</questions>", re.DOTALL)
_NUMBERING = re.compile(r"^\s*(?:\d+[.):]|[-*•])\s*")


async def written_lines(model: ChatModel, prompt: str) -> list[str]:
    """The lines that a model writes, without numbers and bullets. Raises ProviderError."""
    text = (await model.invoke([ChatMessage(role="user", content=prompt)])).text
    tagged = _BETWEEN_TAGS.search(text)
    lines = [_NUMBERING.sub("", line).strip() for line in (tagged[1] if tagged else text).splitlines()]
    return [line for line in lines if line]


async def other_wordings(model: ChatModel, question: str, prompt: str = OTHER_WORDINGS) -> list[str]:
    """What to search for instead of the question. `prompt` has `{question}`. Raises ProviderError."""
    return await written_lines(model, prompt.replace("{question}", question))


async def searches(model: ChatModel, question: str, count: int, prompt: str = SEARCH_REQUESTS.ours) -> list[str]:
    """Search requests for a question. `prompt` has `{count}` and `{question}`. Raises ProviderError."""
    return (await written_lines(model, filled(prompt, count=str(count), question=question)))[:count]


async def passage(model: ChatModel, question: str, prompt: str) -> str:
    """A passage as a document that answers the question would have it (Gao et al., 2022). `prompt` has `{question}`."""
    content = format_template(prompt, {"question": question})
    return (await model.invoke([ChatMessage(role="user", content=content)])).text


async def extracted(model: ChatModel, question: str, text: str, prompt: str = EXTRACT_PASSAGES.ours) -> str:
    """The parts of a text that help to answer a question; empty when there are none. Raises ProviderError."""
    asked = filled(prompt, question=question, context=text, nothing=NOTHING)
    found = (await model.invoke([ChatMessage(role="user", content=asked)])).text.strip()
    return "" if found == NOTHING else found
