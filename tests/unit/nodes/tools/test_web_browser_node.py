"""The tool that asks what a web page says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.http import HttpDenied, HttpResponse, Reach
from flowisectl.nodes.tools.web_browser import WebBrowser
from flowisectl.testing import ScriptedChatModel, ScriptedHttp, run_context


class Letters:
    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[float(text.count(letter)) for letter in "xyz"] for text in texts]


def page(body: str) -> HttpResponse:
    return HttpResponse(status=200, reason="OK", headers={"content-type": "text/html"}, body=body.encode())


async def browse(text: str, *script: Any) -> tuple[str, ScriptedHttp, ScriptedChatModel]:
    http, model = ScriptedHttp(*script), ScriptedChatModel("It says so.")
    tool = await WebBrowser().build(NodeInputs({"model": model, "embeddings": Letters()}), run_context(http=http))
    assert tool.spec.name == "web-browser"
    return (await tool.call({"input": text}, {})).text, http, model


async def test_a_page_is_summed_up_with_its_links() -> None:
    text, http, model = await browse("https://a.test/", page('<p>Hello</p><a href="/b">b</a>'))

    assert text == "It says so."
    prompt = model.calls[0].texts[0][1]
    assert "Hello" in prompt and "https://a.test/b" in prompt and "Sum it up" in prompt
    assert http.calls[0].reach is Reach.PUBLIC


async def test_of_a_long_page_only_what_fits_the_question_is_shown() -> None:
    parts = "".join(f"<p>{letter * 1900}</p>" for letter in "abcdefz")

    _, _, model = await browse('"https://a.test/", "zz"', page(parts))

    prompt = model.calls[0].texts[0][1]
    assert "z" * 1900 in prompt
    assert sum(letter * 1900 in prompt for letter in "abcdef") == 3


async def test_a_page_that_cannot_be_read_is_told_to_the_model() -> None:
    text, _, model = await browse("http://127.0.0.1/", HttpDenied("Access to this host is denied by policy."))

    assert text == "http://127.0.0.1/ cannot be read: Access to this host is denied by policy."
    assert model.calls == []
