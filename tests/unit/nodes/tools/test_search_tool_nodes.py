"""The tools that search: what the services are asked, and what the model gets to see."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import FlowError, MissingInput, ProviderError
from flowisectl.interfaces.http import HttpDenied, HttpFailed, HttpResponse, Reach
from flowisectl.nodes.tools.arxiv import Arxiv
from flowisectl.nodes.tools.brave_search_api import BraveSearchAPI
from flowisectl.nodes.tools.exa_search import ExaSearch
from flowisectl.nodes.tools.google_custom_search import GoogleCustomSearch
from flowisectl.nodes.tools.json_path_extractor import JSONPathExtractor
from flowisectl.nodes.tools.sear_xng import SearXNG
from flowisectl.nodes.tools.search_api import SearchAPI
from flowisectl.nodes.tools.serp_api import SerpAPI, best_of
from flowisectl.nodes.tools.serper import Serper
from flowisectl.nodes.tools.tavily_api import TavilyAPI
from flowisectl.nodes.tools.web_scraper_tool import WebScraperTool
from flowisectl.nodes.tools.wolfram_alpha import WolframAlpha
from flowisectl.testing import ScriptedHttp, run_context


def answer(body: Any, status: int = 200, kind: str = "application/json") -> HttpResponse:
    data = body.encode() if isinstance(body, str) else orjson.dumps(body)
    return HttpResponse(status=status, reason="Reason", headers={"content-type": kind}, body=data)


async def build(node: Node, *script: Any, credential: Any = None, **inputs: Any) -> tuple[Any, ScriptedHttp]:
    http = ScriptedHttp(*script)
    tool = await node.build(NodeInputs(inputs, node_id="t_0", label="Tool", credential=credential), run_context(http=http))
    return tool, http


async def ask(tool: Any, text: str = "flows", argument: str = "input") -> str:
    found: str = (await tool.call({argument: text}, {})).text
    return found


GOOGLE = {"googleCustomSearchApiKey": "g-secret", "googleCustomSearchApiId": "cx"}


class TestGoogle:
    async def test_the_finds_are_a_json_list(self) -> None:
        item = {"title": "T", "link": "L", "snippet": "S", "pagemap": {}}
        tool, http = await build(GoogleCustomSearch(), answer({"items": [item]}), answer({}), credential=GOOGLE)

        assert tool.spec.name == "google-custom-search"
        assert tool.spec.parameters["properties"] == {"input": {"type": "string"}}
        assert orjson.loads(await ask(tool, "a b")) == [{"title": "T", "link": "L", "snippet": "S"}]
        assert await ask(tool) == "[]"
        assert http.calls[0].url == "https://www.googleapis.com/customsearch/v1?key=g-secret&cx=cx&q=a+b"

    async def test_a_refusal_does_not_show_the_key(self) -> None:
        tool, _ = await build(GoogleCustomSearch(), answer({"error": {"message": "key g-secret is bad"}}, 403), credential=GOOGLE)

        with pytest.raises(ProviderError, match="403") as caught:
            await ask(tool)
        assert "g-secret" not in str(caught.value)

    async def test_a_failed_call_does_not_show_the_key(self) -> None:
        tool, _ = await build(GoogleCustomSearch(), HttpFailed("no answer from ?key=g-secret"), credential=GOOGLE)

        with pytest.raises(ProviderError) as caught:
            await ask(tool)
        assert "g-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("node", "field"),
    [
        (GoogleCustomSearch(), "googleCustomSearchApiKey"),
        (SerpAPI(), "serpApiKey"),
        (Serper(), "serperApiKey"),
        (BraveSearchAPI(), "braveApiKey"),
        (TavilyAPI(), "tavilyApiKey"),
    ],
)
async def test_a_missing_key_is_told(node: Node, field: str) -> None:
    with pytest.raises(MissingInput, match=field):
        await build(node)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ({"answer_box": {"answer": "42"}, "organic_results": [{"snippet": "x"}]}, "42"),
        ({"answer_box": [{"snippet": "box"}]}, "box"),
        ({"answer_box": {"snippet_highlighted_words": ["a", "b"]}}, "a, b"),
        ({"knowledge_graph": {"description": "known"}, "organic_results": [{"snippet": "x"}]}, "known\n\nx"),
        ({"organic_results": [{"title": "T", "link": "L"}]}, '{"title":"T","link":"L"}'),
        ({}, "Nothing was found."),
    ],
)
def test_serpapi_gives_the_most_direct_answer(found: dict[str, Any], text: str) -> None:
    assert best_of(found) == text


async def test_serpapi_is_asked_for_google() -> None:
    tool, http = await build(SerpAPI(), answer({"answer_box": {"answer": "42"}}), credential={"serpApiKey": "s-secret"})

    assert (tool.spec.name, await ask(tool)) == ("search", "42")
    assert http.calls[0].url == "https://serpapi.com/search?q=flows&engine=google&api_key=s-secret&output=json"


async def test_serper_and_brave_are_asked_with_their_headers() -> None:
    serper, one = await build(Serper(), answer({"organic": [{"snippet": "a"}, {"snippet": "b"}]}), credential={"serperApiKey": "k1"})
    brave, two = await build(
        BraveSearchAPI(), answer({"web": {"results": [{"title": "T", "url": "U", "description": "D"}]}}), credential={"braveApiKey": "k2"}
    )

    assert (await ask(serper), one.calls[0].headers["x-api-key"]) == ("a\n\nb", "k1")
    assert orjson.loads(await ask(brave)) == [{"title": "T", "link": "U", "snippet": "D"}]
    assert two.calls[0].headers["x-subscription-token"] == "k2"


async def test_tavily_gets_only_what_fits_the_search() -> None:
    tool, http = await build(
        TavilyAPI(), answer({"results": []}), credential={"tavilyApiKey": "t"}, topic="general", days=7, includeDomains="a.test, b.test"
    )

    assert orjson.loads(await ask(tool)) == {"results": []}
    body = orjson.loads(http.calls[0].body or b"")
    assert body["query"] == "flows" and body["include_domains"] == ["a.test", "b.test"] and body["max_results"] == 5
    assert "days" not in body and "chunks_per_source" not in body and "exclude_domains" not in body


async def test_searxng_is_the_authors_own_server() -> None:
    found = {"results": [{"title": "T", "url": "U", "content": "C", "score": 1}]}
    tool, http = await build(
        SearXNG(), answer(found), answer({"results": []}), apiBase="http://127.0.0.1:8080", engines="x", toolName="my search!"
    )

    assert tool.spec.name == "mysearch"
    assert orjson.loads(await ask(tool)) == [{"title": "T", "link": "U", "snippet": "C"}]
    assert await ask(tool) == "Nothing was found."
    assert http.calls[0].url == "http://127.0.0.1:8080/search?q=flows&format=json&engines=x"
    assert http.calls[0].reach is Reach.ENDPOINT


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/2301.1</id><title>On
 flows</title><published>2024</published><summary>Sum.</summary><author><name>A</name></author></entry></feed>"""


class TestArxiv:
    async def test_papers_are_shown_with_their_summaries(self) -> None:
        tool, http = await build(Arxiv(), answer(ATOM), topKResults="2")

        assert await ask(tool, argument="query") == (
            "Title: On flows\nAuthors: A\nPublished: 2024\nEntry ID: http://arxiv.org/abs/2301.1\nSummary: Sum."
        )
        assert http.calls[0].url == "https://export.arxiv.org/api/query?search_query=all%3Aflows&start=0&max_results=2"

    async def test_numbers_are_looked_up(self) -> None:
        tool, http = await build(Arxiv(), answer(ATOM))

        await ask(tool, "2301.00001v2 cs/0101001", "query")

        assert "id_list=2301.00001v2%2Ccs%2F0101001" in http.calls[0].url

    async def test_a_paper_that_cannot_be_read_may_fall_back_to_its_summary(self) -> None:
        tool, http = await build(Arxiv(), answer(ATOM), answer("no pdf", 404), loadFullContent=True, continueOnFailure=True)
        strict, _ = await build(Arxiv(), answer(ATOM), answer("no pdf", 404), loadFullContent=True)

        assert "Summary: Sum." in await ask(tool, argument="query")
        assert http.calls[1].url == "https://arxiv.org/pdf/2301.1"
        with pytest.raises(ProviderError, match="404"):
            await ask(strict, argument="query")

    async def test_the_answer_is_bounded_and_nothing_is_told(self) -> None:
        short, _ = await build(Arxiv(), answer(ATOM), docContentCharsMax="8")
        none, _ = await build(Arxiv(), answer("<feed/>"))
        broken, _ = await build(Arxiv(), answer("<feed"))

        assert await ask(short, argument="query") == "Title: O"
        assert await ask(none, argument="query") == "Nothing was found."
        with pytest.raises(ProviderError, match="cannot be read"):
            await ask(broken, argument="query")


class TestWebScraper:
    async def test_a_page_is_shown_as_json(self) -> None:
        page = '<title>T</title><meta name="description" content="D"><body><p>Hello</p><a href="/b">b</a></body>'
        tool, http = await build(WebScraperTool(), answer(page, kind="text/html"))

        assert orjson.loads(await ask(tool, "https://a.test")) == [
            {"url": "https://a.test", "title": "T", "description": "D", "body_text": "Hello\nb"}
        ]
        assert len(http.calls) == 1 and http.calls[0].reach is Reach.PUBLIC

    async def test_links_are_followed_as_deep_as_the_node_says(self) -> None:
        pages = [answer(f'<a href="/{name}">n</a>', kind="text/html") for name in "bcd"]
        tool, http = await build(WebScraperTool(), *pages, maxDepth="2", maxPages="10")

        assert [page["url"] for page in orjson.loads(await ask(tool, "https://a.test/"))] == ["https://a.test/", "https://a.test/b"]
        assert len(http.calls) == 2

    async def test_a_sitemap_names_the_pages(self) -> None:
        tool, http = await build(
            WebScraperTool(),
            answer("<urlset><url><loc>https://a.test/b</loc></url></urlset>", kind="application/xml"),
            answer("<p>B</p>", kind="text/html"),
            scrapeMode="sitemap",
        )

        assert [page["url"] for page in orjson.loads(await ask(tool, "https://a.test/x/y"))] == ["https://a.test/b"]
        assert http.calls[0].url == "https://a.test/sitemap.xml"

    @pytest.mark.parametrize(("url", "script"), [("ftp://a.test", []), ("https://a.test", [HttpDenied("denied by policy")])])
    async def test_what_cannot_be_read_is_told_to_the_model(self, url: str, script: list[Any]) -> None:
        tool, _ = await build(WebScraperTool(), *script)

        page = orjson.loads(await ask(tool, url))[0]

        assert page["url"] == url and page["error"]


@pytest.mark.parametrize(("path", "text"), [("a[0].b", "x"), ("$.n", "1"), ("a", '[{"b":"x"}]'), ("a.0.b", "x")])
async def test_one_value_is_taken_out_of_json(path: str, text: str) -> None:
    tool, _ = await build(JSONPathExtractor(), path=path)

    assert await ask(tool, '{"a": [{"b": "x"}], "n": 1}', "json") == text


async def test_a_missing_value_is_an_error_or_null() -> None:
    strict, _ = await build(JSONPathExtractor(), path="x.y")
    lenient, _ = await build(JSONPathExtractor(), path="x.y", returnNullOnError=True)

    with pytest.raises(FlowError, match=r"no value at 'x\.y'"):
        await ask(strict, "{}", "json")
    assert await ask(lenient, "{", "json") == "null"


class TestExa:
    async def test_finds_are_a_json_list_and_inputs_become_members_of_the_request(self) -> None:
        inputs = {"numResults": "3", "type": "neural", "includeDomains": "a.org, b.org", "description": "Looks things up"}
        tool, http = await build(ExaSearch(), answer({"results": [{"url": "u"}]}), credential={"exaSearchApiKey": "x-secret"}, **inputs)

        assert orjson.loads(await ask(tool)) == [{"url": "u"}]
        assert (tool.spec.name, tool.spec.description) == ("exa_search_results_json", "Looks things up")
        assert http.calls[0].headers["x-api-key"] == "x-secret"
        assert orjson.loads(http.calls[0].body or b"") == {
            "query": "flows",
            "numResults": 3,
            "type": "neural",
            "includeDomains": ["a.org", "b.org"],
            "contents": {"text": True},
        }


class TestSearchApi:
    @pytest.mark.parametrize(
        ("found", "text"),
        [
            ({"answer_box": {"answer": "42"}}, "42"),
            ({"knowledge_graph": {"description": "D"}, "organic_results": [{"snippet": "S"}, {"title": "t"}]}, "D\n\nS"),
            ({}, "Nothing was found."),
        ],
    )
    async def test_the_best_text_is_given(self, found: Any, text: str) -> None:
        tool, http = await build(SearchAPI(), answer(found), credential={"searchApiKey": "s-secret"})

        assert await ask(tool, "a b") == text
        assert http.calls[0].url == "https://www.searchapi.io/api/v1/search?engine=google&q=a+b"
        assert http.calls[0].headers["authorization"] == "Bearer s-secret"


class TestWolfram:
    async def test_the_answer_is_given_as_it_is_and_never_the_key(self) -> None:
        script = (answer("4", kind="text/plain"), answer("no input for w-secret", 501, "text/plain"), HttpFailed("w-secret is slow"))
        tool, http = await build(WolframAlpha(), *script, credential={"wolframAlphaAppId": "w-secret"})

        assert [await ask(tool, "2+2") for _ in range(3)] == ["4", "no input for ***", "WolframAlpha cannot be reached: *** is slow"]
        assert http.calls[0].url == "https://www.wolframalpha.com/api/v1/llm-api?appid=w-secret&input=2%2B2"


@pytest.mark.parametrize("node", [ExaSearch(), SearchAPI(), WolframAlpha()])
async def test_further_services_need_their_key(node: Node) -> None:
    with pytest.raises(MissingInput, match="has no API key"):
        await build(node)


async def test_a_model_may_choose_what_the_tavily_node_leaves_open() -> None:
    tool, http = await build(TavilyAPI(), answer({}), credential={"tavilyApiKey": "tv-secret"}, searchDepth="basic", topic="")

    await tool.call({"query": "flows", "searchDepth": "advanced", "topic": "news", "includeDomains": ["a.test"]}, {})

    sent = orjson.loads(http.calls[0].body or b"")
    assert (sent["query"], sent["search_depth"], sent["topic"], sent["include_domains"]) == ("flows", "basic", "news", ["a.test"])
    assert tool.spec.parameters["required"] == ["query"]


async def test_the_text_of_a_search_may_be_left_out_as_models_know_it() -> None:
    tool, _ = await build(GoogleCustomSearch(), credential=GOOGLE)

    assert tool.spec.parameters == {"type": "object", "properties": {"input": {"type": "string"}}, "additionalProperties": False}
