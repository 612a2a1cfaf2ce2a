"""The loaders that read from services: searches, crawlers, tables, wikis, trackers, drives."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from flowisectl.clients import google_drive, waiting
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import FlowError, InvalidFlow, MissingInput, ProviderError
from flowisectl.interfaces.http import HttpCall, HttpFailed, HttpResponse, Reach
from flowisectl.nodes.document_loaders import apify_website_content_crawler
from flowisectl.nodes.document_loaders.airtable import Airtable
from flowisectl.nodes.document_loaders.apify_website_content_crawler import ApifyWebsiteContentCrawler
from flowisectl.nodes.document_loaders.brave_search_api_loader import BraveSearchApiLoader
from flowisectl.nodes.document_loaders.confluence import Confluence
from flowisectl.nodes.document_loaders.figma import Figma
from flowisectl.nodes.document_loaders.fire_crawl import FireCrawl
from flowisectl.nodes.document_loaders.gitbook import Gitbook
from flowisectl.nodes.document_loaders.google_drive import GoogleDrive
from flowisectl.nodes.document_loaders.google_sheets import GoogleSheets
from flowisectl.nodes.document_loaders.jira import Jira
from flowisectl.nodes.document_loaders.notion_db import NotionDB
from flowisectl.nodes.document_loaders.notion_folder import NotionFolder
from flowisectl.nodes.document_loaders.notion_page import NotionPage
from flowisectl.nodes.document_loaders.oxylabs import Oxylabs
from flowisectl.nodes.document_loaders.search_api import SearchApi
from flowisectl.nodes.document_loaders.serp_api import SerpApi
from flowisectl.nodes.document_loaders.spider_document_loaders import SpiderDocumentLoaders
from flowisectl.nodes.document_loaders.unstructured_file_loader import UnstructuredFileLoader
from flowisectl.testing import RecordingTrace, ScriptedHttp, run_context

SECRET = "sk-very-secret"


def answer(body: Any = None, status: int = 200, **headers: str) -> HttpResponse:
    data = b"" if body is None else body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else orjson.dumps(body)
    kind = "text/html" if isinstance(body, str) else "application/json"
    return HttpResponse(status=status, reason="Reason", headers={"content-type": kind, **headers}, body=data)


async def build(node: Node, http: Any, output: str = "document", *, credential: Any = None, trace: Any = None, **inputs: Any) -> Any:
    context = run_context(http=http, **({"trace": trace} if trace else {}))
    return await node.build(NodeInputs(inputs, node_id="n_0", label="Loader", output=output, credential=credential), context)


def sent(call: HttpCall) -> Any:
    return orjson.loads(call.body or b"null")


def query_of(call: HttpCall) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(call.url).query).items()}


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST_PAUSE", 0.0)


LOADERS: list[tuple[Node, dict[str, Any], dict[str, Any]]] = [
    (SearchApi(), {"query": "q"}, {"searchApiKey": SECRET}),
    (SerpApi(), {"query": "q"}, {"serpApiKey": SECRET}),
    (BraveSearchApiLoader(), {"query": "q"}, {"braveApiKey": SECRET}),
    (Oxylabs(), {"query": "q"}, {"username": "u", "password": SECRET}),
    (Airtable(), {"baseId": "b", "tableId": "t"}, {"accessToken": SECRET}),
    (Figma(), {"fileKey": "f", "nodeIds": "1:2"}, {"accessToken": SECRET}),
    (SpiderDocumentLoaders(), {"url": "https://a.test"}, {"spiderApiKey": SECRET}),
    (ApifyWebsiteContentCrawler(), {"urls": "https://a.test"}, {"apifyApiToken": SECRET}),
    (FireCrawl(), {"url": "https://a.test"}, {"firecrawlApiToken": SECRET}),
    (NotionDB(), {"databaseId": "d"}, {"notionIntegrationToken": SECRET}),
    (NotionPage(), {"pageId": "p"}, {"notionIntegrationToken": SECRET}),
    (Confluence(), {"baseUrl": "https://x.test/wiki", "spaceKey": "K"}, {"personalAccessToken": SECRET}),
    (Jira(), {"host": "https://x.test"}, {"username": "u", "accessToken": SECRET}),
    (GoogleSheets(), {"spreadsheetIds": '["s"]'}, {"access_token": SECRET}),
    (GoogleDrive(), {"folderId": "f"}, {"access_token": SECRET}),
]


@pytest.mark.parametrize(
    ("node", "inputs", "credential"), LOADERS, ids=lambda value: value.definition.name if isinstance(value, Node) else ""
)
class TestEveryServiceLoader:
    async def test_a_wrong_key_is_told_without_the_key(self, node: Node, inputs: Any, credential: Any) -> None:
        http = ScriptedHttp(answer({"message": f"the key {SECRET} is not valid"}, 401))

        with pytest.raises(ProviderError, match="401") as caught:
            await build(node, http, credential=credential, **inputs)

        assert SECRET not in str(caught.value)
        assert len(http.calls) == 1, "a refusal is final"

    async def test_a_service_that_cannot_be_reached_is_told(self, node: Node, inputs: Any, credential: Any) -> None:
        with pytest.raises(ProviderError, match="no connection"):
            await build(node, ScriptedHttp(HttpFailed("no connection")), credential=credential, **inputs)

    async def test_an_answer_that_is_no_json_is_told(self, node: Node, inputs: Any, credential: Any) -> None:
        with pytest.raises(ProviderError, match="not JSON"):
            await build(node, ScriptedHttp(answer("<html>busy</html>")), credential=credential, **inputs)

    async def test_a_credential_is_needed(self, node: Node, inputs: Any, credential: Any) -> None:
        with pytest.raises(MissingInput):
            await build(node, ScriptedHttp(), **inputs)


class TestSearches:
    async def test_the_parts_of_a_search_are_documents(self) -> None:
        http = ScriptedHttp(answer({"organic_results": [{"title": "a"}, {"title": "b"}], "answer_box": {"answer": "42"}, "ads": [1]}))

        documents = await build(SearchApi(), http, credential={"searchApiKey": SECRET}, query="why", customParameters='{"engine": "bing"}')

        assert [(orjson.loads(document.page_content), document.metadata["responseType"]) for document in documents] == [
            ({"answer": "42"}, "answer_box"), ({"title": "a"}, "organic_results"), ({"title": "b"}, "organic_results")
        ]  # fmt: skip
        assert query_of(http.calls[0]) == {"engine": "bing", "q": "why"}
        assert http.calls[0].headers["authorization"] == f"Bearer {SECRET}"

    async def test_a_search_for_nothing_is_refused(self) -> None:
        with pytest.raises(MissingInput, match="nothing to search for"):
            await build(SearchApi(), ScriptedHttp(), credential={"searchApiKey": SECRET})

    async def test_serp_api_gives_text(self) -> None:
        http = ScriptedHttp(answer({"organic_results": [{"title": "a"}]}))

        text = await build(SerpApi(), http, "text", credential={"serpApiKey": SECRET}, query="why")

        assert text == '{"title":"a"}\n'
        assert query_of(http.calls[0]) == {"engine": "google", "q": "why", "api_key": SECRET}

    async def test_brave_gives_descriptions(self) -> None:
        http = ScriptedHttp(
            answer({"web": {"results": [{"title": "T", "url": "https://a.test", "description": "d", "extra_snippets": ["e"]}]}})
        )

        (document,) = await build(BraveSearchApiLoader(), http, credential={"braveApiKey": SECRET}, query="why", metadata='{"by": "brave"}')

        assert (document.page_content, document.metadata) == ("d e", {"title": "T", "link": "https://a.test", "by": "brave"})
        assert http.calls[0].headers["x-subscription-token"] == SECRET


class TestOxylabs:
    @pytest.mark.parametrize(("source", "name"), [("universal", "url"), ("google_search", "query")])
    async def test_a_page_is_fetched(self, source: str, name: str) -> None:
        http = ScriptedHttp(answer({"results": [{"content": "<p>x</p>", "url": "https://a.test"}, {"content": {"price": 1}}]}))

        documents = await build(
            Oxylabs(), http, credential={"username": "u", "password": SECRET}, query="shoes", source=source, render="true", parse=True
        )

        assert [document.page_content for document in documents] == ["<p>x</p>", '{"price":1}']
        assert sent(http.calls[0]) == {"source": source, name: "shoes", "render": "html", "parse": True, "markdown": True}
        assert http.calls[0].headers["authorization"] == "Basic " + base64.b64encode(f"u:{SECRET}".encode()).decode()


class TestAirtable:
    async def test_rows_are_read_page_by_page(self) -> None:
        row = {"id": "r1", "fields": {"Name": "Ann"}}
        http = ScriptedHttp(answer({"records": [row], "offset": "o1"}), answer({"records": [{"id": "r2", "fields": {}}]}))

        documents = await build(
            Airtable(), http, credential={"accessToken": SECRET}, baseId="app1", tableId="My Table", fields="Name, Age", viewId="v"
        )

        assert [document.metadata for document in documents] == [
            {"url": f"https://api.airtable.com/v0/app1/My Table/{id}"} for id in ("r1", "r2")
        ]
        assert documents[0].page_content == '{\n  "Name": "Ann"\n}'
        assert http.calls[0].url == "https://api.airtable.com/v0/app1/My%20Table/listRecords"
        assert sent(http.calls[0]) == {"pageSize": 100, "view": "v", "fields": ["Name", "Age"]}
        assert sent(http.calls[1])["offset"] == "o1"

    async def test_a_limit_ends_the_reading(self) -> None:
        http = ScriptedHttp(answer({"records": [{"id": "r1"}, {"id": "r2"}], "offset": "o1"}))

        documents = await build(
            Airtable(), http, credential={"accessToken": SECRET}, baseId="b", tableId="t", returnAll=False, limit="2", filterByFormula="{x}"
        )

        assert len(documents) == 2
        assert sent(http.calls[0]) == {"pageSize": 2, "filterByFormula": "{x}"}


async def test_figma_gives_what_it_answers() -> None:
    node = {"type": "FRAME", "name": "Home", "children": [{"type": "TEXT", "name": "Title", "characters": "Welcome"}]}
    told = {"name": "File", "nodes": {"1:2": {"document": node}, "9:9": None}}
    http = ScriptedHttp(answer(told))

    (document,) = await build(Figma(), http, credential={"accessToken": SECRET}, fileKey="key", nodeIds="1:2, 9:9", recursive=True)

    assert document.page_content == orjson.dumps(told).decode()
    assert document.metadata == {"source": "https://api.figma.com/v1/files/key/nodes?ids=1:2,9:9"}
    assert query_of(http.calls[0]) == {"ids": "1:2,9:9"}
    assert http.calls[0].headers["x-figma-token"] == SECRET


class TestSpider:
    async def test_a_site_is_crawled(self) -> None:
        http = ScriptedHttp(
            answer([{"content": "# A", "url": "https://a.test"}, {"content": "", "error": "timed out", "url": "https://b.test"}])
        )
        trace = RecordingTrace()

        documents = await build(
            SpiderDocumentLoaders(), http, credential={"spiderApiKey": SECRET}, mode="crawl", url="https://a.test", limit="3",
            params='{"anti_bot": true}', additional_metadata='{"by": "spider"}', trace=trace,
        )  # fmt: skip

        assert [(document.page_content, document.metadata) for document in documents] == [
            ("# A", {"source": "https://a.test", "by": "spider"})
        ]
        assert http.calls[0].url == "https://api.spider.cloud/crawl"
        assert sent(http.calls[0]) == {"return_format": "markdown", "anti_bot": True, "limit": 3, "url": "https://a.test"}
        assert "timed out" in trace.lines[0][1]

    async def test_a_page_that_fails_is_told(self) -> None:
        http = ScriptedHttp(answer([{"content": None, "error": "blocked", "url": "https://a.test"}]))

        with pytest.raises(ProviderError, match=r"could not fetch https://a\.test: blocked"):
            await build(SpiderDocumentLoaders(), http, credential={"spiderApiKey": SECRET}, url="https://a.test")


class TestApify:
    async def test_a_crawl_is_waited_for_and_read(self, no_pauses: None) -> None:
        http = ScriptedHttp(
            answer({"data": {"id": "run1", "defaultDatasetId": "set1"}}, 201),
            answer({"data": {"status": "RUNNING"}}),
            answer({"data": {"status": "SUCCEEDED", "defaultDatasetId": "set1"}}),
            answer([{"url": "https://a.test", "text": "Hello"}]),
        )

        (document,) = await build(
            ApifyWebsiteContentCrawler(), http, credential={"apifyApiToken": SECRET}, urls="https://a.test, https://b.test",
            crawlerType="cheerio", maxCrawlPages="3", additionalInput='{"maxCrawlDepth": 9}',
        )  # fmt: skip

        assert (document.page_content, document.metadata) == ("Hello", {"source": "https://a.test"})
        assert sent(http.calls[0]) == {
            "startUrls": [{"url": "https://a.test"}, {"url": "https://b.test"}], "crawlerType": "cheerio",
            "maxCrawlPages": 3, "maxCrawlDepth": 9,
        }  # fmt: skip
        assert [urlsplit(call.url).path for call in http.calls] == [
            "/v2/acts/apify~website-content-crawler/runs", "/v2/actor-runs/run1", "/v2/actor-runs/run1", "/v2/datasets/set1/items"
        ]  # fmt: skip

    async def test_a_crawl_that_fails_is_told(self) -> None:
        http = ScriptedHttp(answer({"data": {"id": "run1"}}), answer({"data": {"status": "FAILED", "statusMessage": "no memory"}}))

        with pytest.raises(ProviderError, match="ended with FAILED: no memory"):
            await build(ApifyWebsiteContentCrawler(), http, credential={"apifyApiToken": SECRET}, urls="https://a.test")

    async def test_a_data_set_without_an_end_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apify_website_content_crawler, "PAGE", 2)
        monkeypatch.setattr(apify_website_content_crawler, "MAX_ITEMS", 4)
        started = (answer({"data": {"id": "r", "defaultDatasetId": "s"}}), answer({"data": {"status": "SUCCEEDED"}}))
        http = ScriptedHttp(*started, *[answer(["no object"] * 2)] * 3)

        with pytest.raises(FlowError, match="more than 4 pages"):
            await build(ApifyWebsiteContentCrawler(), http, credential={"apifyApiToken": SECRET}, urls="https://a.test")

        assert [query_of(call)["offset"] for call in http.calls[2:]] == ["0", "2"]


class TestFireCrawl:
    KEY = {"firecrawlApiToken": SECRET, "firecrawlApiUrl": "https://own.test"}  # noqa: RUF012

    async def test_a_page_is_scraped(self) -> None:
        page = {"markdown": "# A", "metadata": {"title": "A", "sourceURL": "https://a.test/"}}
        http = ScriptedHttp(answer({"success": True, "data": page}))

        (document,) = await build(
            FireCrawl(),
            http,
            credential=self.KEY,
            crawlerType="scrape",
            url="https://a.test",
            includeTags="main, article",
            onlyMainContent=False,
        )

        assert (document.page_content, document.metadata["source"], document.metadata["title"]) == ("# A", "https://a.test/", "A")
        assert http.calls[0].url == "https://own.test/v1/scrape"
        assert sent(http.calls[0]) == {
            "url": "https://a.test", "formats": ["markdown"], "includeTags": ["main", "article"], "onlyMainContent": False
        }  # fmt: skip

    async def test_a_crawl_that_goes_on_without_pages_ends(self) -> None:
        ended = {"status": "completed", "data": [{"markdown": "a"}], "next": "https://own.test@evil.test/v1/crawl/c1?skip=1"}
        http = ScriptedHttp(answer({"id": "c1"}), answer(ended), answer({**ended, "data": []}))

        (document,) = await build(FireCrawl(), http, credential=self.KEY, url="https://a.test")

        assert (document.page_content, http.calls[2].url) == ("a", "https://own.test/v1/crawl/c1?skip=1")

    async def test_a_crawl_is_waited_for_and_read_to_its_end(self, no_pauses: None) -> None:
        http = ScriptedHttp(
            answer({"success": True, "id": "c1"}),
            answer({"status": "scraping"}),
            answer({"status": "completed", "data": [{"markdown": "a"}], "next": "https://evil.test/v1/crawl/c1?skip=1"}),
            answer({"status": "completed", "data": [{"markdown": "b"}]}),
        )

        documents = await build(FireCrawl(), http, credential=self.KEY, url="https://a.test", limit="7", excludePaths="blog/.*")

        assert [document.page_content for document in documents] == ["a", "b"]
        assert sent(http.calls[0]) == {
            "url": "https://a.test", "limit": 7, "excludePaths": ["blog/.*"], "scrapeOptions": {"formats": ["markdown"]}
        }  # fmt: skip
        assert http.calls[3].url == "https://own.test/v1/crawl/c1?skip=1", "the key goes to no other host"

    async def test_data_is_extracted(self) -> None:
        http = ScriptedHttp(answer({"success": True, "id": "e1"}), answer({"status": "completed", "data": {"name": "A"}}))

        (document,) = await build(
            FireCrawl(), http, credential=self.KEY, crawlerType="extract", url="https://a.test", extractPrompt="who?",
            extractSchema='{"type": "object"}',
        )  # fmt: skip

        assert document.page_content == '{"name":"A"}'
        assert sent(http.calls[0]) == {"urls": ["https://a.test"], "prompt": "who?", "schema": {"type": "object"}}

    async def test_a_search_gives_its_pages(self) -> None:
        http = ScriptedHttp(answer({"success": True, "data": [{"title": "T", "url": "https://a.test", "description": "d"}]}))

        (document,) = await build(FireCrawl(), http, credential=self.KEY, crawlerType="search", searchQuery="why")

        assert (document.page_content, document.metadata) == ("d", {"title": "T", "source": "https://a.test"})
        assert sent(http.calls[0])["limit"] == 5

    @pytest.mark.parametrize("failure", [{"success": False, "error": "out of credits"}, {"status": "failed", "error": "out of credits"}])
    async def test_a_failure_is_told(self, failure: Any) -> None:
        http = ScriptedHttp(answer({"success": True, "id": "c1"}), answer(failure))

        with pytest.raises(ProviderError, match="out of credits"):
            await build(FireCrawl(), http, credential=self.KEY, url="https://a.test")

    async def test_another_type_is_refused(self) -> None:
        with pytest.raises(InvalidFlow, match="no way to read"):
            await build(FireCrawl(), ScriptedHttp(), credential=self.KEY, crawlerType="guess", url="https://a.test")


class TestNotion:
    TITLE = {  # noqa: RUF012
        "Name": {"type": "title", "title": [{"plain_text": "Plan"}]},
        "Tags": {"type": "multi_select", "multi_select": [{"name": "x"}]},
    }
    KEY = {"notionIntegrationToken": SECRET}  # noqa: RUF012

    @staticmethod
    def block(kind: str, text: str = "", **more: Any) -> dict[str, Any]:
        return {"id": f"{kind}-1", "type": kind, kind: {"rich_text": [{"plain_text": text}], **more}}

    async def test_the_rows_of_a_database_are_documents(self) -> None:
        http = ScriptedHttp(
            answer(
                {"results": [{"id": "p1", "object": "page", "url": "https://n.test/p1", "properties": self.TITLE}], "next_cursor": None}
            ),
            answer({"results": [self.block("heading_1", "One"), self.block("to_do", "buy", checked=True)], "next_cursor": "c"}),
            answer({"results": [{**self.block("bulleted_list_item", "outer"), "has_children": True}]}),
            answer({"results": [self.block("paragraph", "inner")]}),
        )

        (document,) = await build(NotionDB(), http, credential=self.KEY, databaseId="db1")

        assert document.page_content == "# Plan\n\n# One\n\n- [x] buy\n\n- outer\n\n    inner"
        assert document.metadata == {
            "notionId": "p1", "object": "page", "url": "https://n.test/p1", "properties": {"Name": "Plan", "Tags": ["x"]}
        }  # fmt: skip
        assert http.calls[0].headers["notion-version"] == "2022-06-28"
        assert http.calls[2].url.endswith("/blocks/p1/children?page_size=100&start_cursor=c")

    async def test_pages_inside_a_page_are_documents_of_their_own_and_circles_end(self) -> None:
        child = {"id": "p2", "type": "child_page", "has_children": True, "child_page": {"title": "Sub"}}
        circle = {**child, "id": "p1"}
        http = ScriptedHttp(
            answer({"id": "p1", "properties": self.TITLE}), answer({"results": [child]}),
            answer({"id": "p2", "properties": {}}), answer({"results": [self.block("quote", "said"), circle]}),
        )  # fmt: skip

        documents = await build(NotionPage(), http, credential=self.KEY, pageId="p1")

        assert [document.page_content for document in documents] == ["# Plan\n\nSub", "> said\n\nSub"]

    async def test_a_busy_service_is_asked_again(self) -> None:
        http = ScriptedHttp(answer({}, 429, **{"retry-after": "0"}), answer({"results": []}))

        assert await build(NotionDB(), http, credential=self.KEY, databaseId="db1") == []
        assert len(http.calls) == 2

    async def test_a_load_without_end_is_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("flowisectl.clients.notion.MAX_REQUESTS", 2)
        http = ScriptedHttp(*[answer({"results": [], "next_cursor": "again"})] * 3)

        with pytest.raises(FlowError, match="more than 2 requests"):
            await build(NotionDB(), http, credential=self.KEY, databaseId="db1")

    async def test_an_exported_folder_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "sub").mkdir()
        (tmp_path / "a.md").write_text("# A")
        (tmp_path / "sub" / "b.md").write_text("# B")
        (tmp_path / "c.png").write_bytes(b"\x00")
        (tmp_path / "out.md").symlink_to("/etc/hostname")

        documents = await build(NotionFolder(), ScriptedHttp(), notionFolder=str(tmp_path))

        assert [document.page_content for document in documents] == ["# A", "# B"]
        with pytest.raises(InvalidFlow, match="not allowed"):
            await build(NotionFolder(), ScriptedHttp(), notionFolder=f"{tmp_path}/../x")
        with pytest.raises(MissingInput, match="no folder"):
            await build(NotionFolder(), ScriptedHttp(), notionFolder=f"{tmp_path}/none")


class TestUnstructured:
    FILE = "data:text/plain;base64," + base64.b64encode(b"hello").decode() + ",filename:a.txt"

    async def test_the_elements_of_a_file_are_documents(self) -> None:
        elements = [{"type": "Title", "text": "Hello", "metadata": {"page_number": 1}}, {"type": "Image", "text": ""}]
        http = ScriptedHttp(answer(elements))

        (document,) = await build(
            UnstructuredFileLoader(), http, credential={"unstructuredAPIKey": SECRET}, fileObject=self.FILE,
            unstructuredAPIUrl="http://127.0.0.1:8000/general/v0/general", strategy="fast", coordinates=True, skipInferTableTypes='["pdf"]',
            chunkingStrategy="None", maxCharacters="500",
        )  # fmt: skip

        assert (document.page_content, document.metadata) == ("Hello", {"source": "a.txt", "page_number": 1, "category": "Title"})
        assert http.calls[0].form == {
            "strategy": "fast", "encoding": "utf-8", "max_characters": "500", "coordinates": "true", "skip_infer_table_types": ["pdf"],
            "files": ("a.txt", b"hello", "text/plain"),
        }  # fmt: skip
        assert http.calls[0].headers["unstructured-api-key"] == SECRET
        assert http.calls[0].reach is Reach.ENDPOINT

    async def test_refusals_and_a_missing_address_are_told(self) -> None:
        http = ScriptedHttp(answer({"detail": f"API key {SECRET} is invalid"}, 401))

        with pytest.raises(ProviderError, match="401") as caught:
            await build(
                UnstructuredFileLoader(),
                http,
                credential={"unstructuredAPIKey": SECRET},
                fileObject=self.FILE,
                unstructuredAPIUrl="https://u.test",
            )
        assert SECRET not in str(caught.value)
        with pytest.raises(MissingInput, match="API URL"):
            await build(UnstructuredFileLoader(), ScriptedHttp(), fileObject=self.FILE)


class Site:
    def __init__(self, pages: dict[str, str]) -> None:
        self.pages = pages

    async def request(self, call: HttpCall) -> HttpResponse:
        assert call.reach is Reach.PUBLIC
        return answer(self.pages[call.url]) if call.url in self.pages else answer("gone", 404)

    def stream(self, call: HttpCall) -> Any:
        raise HttpFailed("no streams here")


class TestGitbook:
    PAGE = "<title>T</title><body><nav>menu</nav><main><h1>Head</h1>\n\n  <p>Text</p></main></body>"

    async def test_one_page_is_its_main_part(self) -> None:
        (document,) = await build(Gitbook(), Site({"https://g.test/a": self.PAGE}), webPath="https://g.test/a")

        assert (document.page_content, document.metadata) == ("Head\nText", {"source": "https://g.test/a", "title": "T"})

    async def test_all_pages_come_from_the_sitemaps(self) -> None:
        index = "<sitemapindex><loc>https://g.test/sitemap-pages.xml</loc><loc>https://other.test/x.xml</loc></sitemapindex>"
        pages = "<urlset><loc>https://g.test/a</loc><loc>https://g.test/gone</loc></urlset>"
        site = Site({"https://g.test/sitemap.xml": index, "https://g.test/sitemap-pages.xml": pages, "https://g.test/a": self.PAGE})

        documents = await build(Gitbook(), site, webPath="https://g.test/", shouldLoadAllPaths=True)

        assert [document.metadata["source"] for document in documents] == ["https://g.test/a"]

    async def test_other_addresses_are_refused(self) -> None:
        with pytest.raises(InvalidFlow, match="no web address"):
            await build(Gitbook(), ScriptedHttp(), webPath="file:///etc/passwd")


class TestConfluence:
    async def test_the_pages_of_a_space_are_documents(self) -> None:
        page = {
            "id": "7", "title": "Plan", "type": "page", "status": "current", "body": {"storage": {"value": "<h1>Plan</h1><p>Text</p>"}},
            "version": {"number": 3, "by": {"displayName": "Ann"}, "when": "2026-01-01"},
        }  # fmt: skip
        http = ScriptedHttp(answer({"results": [page], "limit": 1}), answer({"results": [], "limit": 1}))

        (document,) = await build(
            Confluence(), http, credential={"username": "u", "accessToken": SECRET}, baseUrl="https://x.test/wiki/", spaceKey="~K", limit=1
        )

        assert document.page_content == "# Plan\n\nText"
        assert document.metadata["url"] == "https://x.test/wiki/spaces/~K/pages/7"
        assert (document.metadata["version"], document.metadata["updated_by"]) == (3, "Ann")
        assert query_of(http.calls[1]) == {"spaceKey": "~K", "limit": "1", "start": "1", "expand": "body.storage,version"}
        assert http.calls[0].headers["authorization"].startswith("Basic ")

    async def test_a_server_of_ones_own_takes_a_token_alone(self) -> None:
        http = ScriptedHttp(answer({"results": []}))

        await build(Confluence(), http, credential={"personalAccessToken": SECRET}, baseUrl="https://x.test", spaceKey="K")

        assert http.calls[0].headers["authorization"] == f"Bearer {SECRET}"


class TestJira:
    KEY = {"username": "u", "accessToken": SECRET}  # noqa: RUF012
    ISSUE = {  # noqa: RUF012
        "key": "AB-1",
        "fields": {
            "summary": "It burns", "status": {"name": "Open"}, "assignee": {"displayName": "Ann"}, "created": "2026-01-02",
            "description": {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Help!"}]}]},
        },
    }  # fmt: skip

    async def test_issues_are_documents(self) -> None:
        http = ScriptedHttp(answer({"issues": [self.ISSUE], "nextPageToken": "n"}), answer({"issues": [self.ISSUE]}))

        documents = await build(
            Jira(), http, credential=self.KEY, host="https://x.test/", projectKey='A" OR 1', createdAfter="2026-01-01", limitPerRequest="1"
        )

        assert documents[0].page_content.splitlines() == [
            "Issue: AB-1", "Summary: It burns", "Status: Open", "Assignee: Ann", "Created: 2026-01-02", "", "Help!"
        ]  # fmt: skip
        assert documents[0].metadata["source"] == "https://x.test/browse/AB-1"
        asked = sent(http.calls[0])
        assert asked["jql"] == 'project = "A\\" OR 1" AND created >= "2026-01-01" ORDER BY created ASC'
        assert (asked["maxResults"], sent(http.calls[1])["nextPageToken"], len(documents)) == (1, "n", 2)

    async def test_a_server_of_ones_own_is_asked_as_it_knows(self) -> None:
        plain = {"key": "AB-2", "fields": {"description": "plain"}}
        http = ScriptedHttp(
            answer("no such page", 404), answer({"issues": [self.ISSUE], "total": 2}), answer({"issues": [plain], "total": 2})
        )

        documents = await build(Jira(), http, credential=self.KEY, host="https://x.test")

        assert [document.metadata["issue_key"] for document in documents] == ["AB-1", "AB-2"]
        assert all("id" in document.metadata for document in documents)
        assert [urlsplit(call.url).path for call in http.calls[1:]] == ["/rest/api/2/search"] * 2
        assert sent(http.calls[2])["startAt"] == 1


class TestGoogleSheets:
    KEY = {"access_token": SECRET}  # noqa: RUF012
    ABOUT = {"properties": {"title": "Book"}, "sheets": [{"properties": {"title": "It's"}}, {"properties": {"title": "Empty"}}]}  # noqa: RUF012

    async def test_each_sheet_is_a_document(self) -> None:
        http = ScriptedHttp(
            answer(self.ABOUT), answer({"range": "R", "values": [["Name", "Age"], ["Ann", 7, "x"], ["Bob"]]}), answer({"range": "E"})
        )

        (document,) = await build(GoogleSheets(), http, credential=self.KEY, spreadsheetIds='["s1"]', range="A1:C9")

        assert document.page_content == "Name: Ann, Age: 7, Column 3: x\nName: Bob"
        assert (document.metadata["spreadsheetTitle"], document.metadata["sheetName"]) == ("Book", "It's")
        assert http.calls[1].url.startswith("https://sheets.googleapis.com/v4/spreadsheets/s1/values/%27It%27%27s%27%21A1%3AC9?")

    async def test_headers_may_be_rows(self) -> None:
        http = ScriptedHttp(answer(self.ABOUT), answer({"values": [["Name"], ["Ann"]]}))

        (document,) = await build(GoogleSheets(), http, credential=self.KEY, spreadsheetIds=["s1"], sheetNames="It's", includeHeaders=False)

        assert document.page_content == "Name\nAnn"

    async def test_an_unknown_sheet_is_told(self) -> None:
        with pytest.raises(MissingInput, match="no sheet 'Nope'"):
            await build(GoogleSheets(), ScriptedHttp(answer(self.ABOUT)), credential=self.KEY, spreadsheetIds=["s1"], sheetNames="Nope")


class TestGoogleDrive:
    KEY = {"access_token": SECRET}  # noqa: RUF012

    async def test_chosen_files_are_read(self) -> None:
        doc = {"id": "d1", "name": "Doc", "mimeType": "application/vnd.google-apps.document", "webViewLink": "https://d.test"}
        text = {"id": "t1", "name": "a.txt", "mimeType": "text/plain"}
        http = ScriptedHttp(answer(doc), answer(text), answer("\ufeffHello"), answer("plain"))

        documents = await build(GoogleDrive(), http, credential=self.KEY, selectedFiles='["d1", "t1"]')

        assert [(document.page_content, document.metadata["fileName"]) for document in documents] == [("Hello", "Doc"), ("plain", "a.txt")]
        assert documents[0].metadata["source"] == "https://d.test"
        assert "/files/d1/export?mimeType=text%2Fplain" in http.calls[2].url
        assert query_of(http.calls[3])["alt"] == "media"

    async def test_a_folder_is_read_with_those_inside_it(self) -> None:
        folder = {"id": "f2", "name": "sub", "mimeType": "application/vnd.google-apps.folder"}
        file = {"id": "t1", "name": "a.txt", "mimeType": "text/plain"}
        image = {"id": "i1", "name": "a.png", "mimeType": "image/png"}
        http = ScriptedHttp(
            answer({"files": [folder, image], "nextPageToken": "n"}), answer({"files": []}), answer({"files": [file]}), answer("x")
        )

        documents = await build(GoogleDrive(), http, credential=self.KEY, folderId="f'1", includeSubfolders=True, includeSharedDrives=True)

        assert [document.metadata["fileId"] for document in documents] == ["t1"]
        assert query_of(http.calls[0])["q"] == "'f\\'1' in parents and trashed = false"
        assert query_of(http.calls[1])["pageToken"] == "n"
        assert query_of(http.calls[2])["includeItemsFromAllDrives"] == "true"

    async def test_a_listing_without_an_end_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(google_drive, "MAX_PAGES", 2)
        monkeypatch.setattr(google_drive, "MAX_FOLDERS", 2)
        folders = [{"id": f"f{number}", "mimeType": google_drive.FOLDER} for number in range(3)]
        http = ScriptedHttp(*[answer({"files": folders, "nextPageToken": "again"})] * 3)

        assert await build(GoogleDrive(), http, credential=self.KEY, folderId="f", includeSubfolders=True) == []
        assert len(http.calls) == 2


@pytest.mark.parametrize(("node", "method"), [(GoogleSheets(), "listSpreadsheets"), (GoogleDrive(), "listFiles")])
async def test_an_editor_is_offered_the_files_of_google(node: Any, method: str) -> None:
    http = ScriptedHttp(answer({"files": [{"id": "f1", "name": "Plan", "modifiedTime": "2026-01-01", "mimeType": "text/plain"}]}))
    inputs = NodeInputs({}, node_id="n_0", label="Loader", credential={"access_token": SECRET})

    (option,) = await node.choices(method, inputs, http)

    assert (option.label, option.name) == ("Plan", "f1")
    assert "application/vnd.google-apps.spreadsheet" in query_of(http.calls[0])["q"]
    assert await node.choices("other", inputs, http) == []
