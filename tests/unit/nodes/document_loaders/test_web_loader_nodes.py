"""The loaders that read from the web, from user code and from vector stores."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import FlowError, InvalidFlow, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpCall, HttpDenied, HttpFailed, HttpResponse, Reach
from flowisectl.nodes.document_loaders.api_loader import ApiLoader
from flowisectl.nodes.document_loaders.cheerio_web_scraper import CheerioWebScraper
from flowisectl.nodes.document_loaders.custom_document_loader import CustomDocumentLoader
from flowisectl.nodes.document_loaders.github import Github
from flowisectl.nodes.document_loaders.vector_store_to_document import VectorStoreToDocument
from flowisectl.testing import PythonJavaScript, RecordingTrace, ScriptedHttp, run_context


def answer(body: Any, status: int = 200, kind: str = "text/html") -> HttpResponse:
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else orjson.dumps(body)
    return HttpResponse(status=status, reason="Reason", headers={"content-type": kind}, body=data)


class Site:
    """Pages by address; everything else is not found."""

    def __init__(self, **pages: str) -> None:
        self.pages = {f"https://a.test/{name.replace('_', '.') if name != 'root' else ''}": text for name, text in pages.items()}
        self.calls: list[HttpCall] = []

    async def request(self, call: HttpCall) -> HttpResponse:
        self.calls.append(call)
        text = self.pages.get(call.url)
        return answer("gone", 404) if text is None else answer(text)

    def stream(self, call: HttpCall) -> Any:
        raise HttpFailed("no streams here")


async def build(node: Node, http: Any, output: str = "document", **inputs: Any) -> Any:
    context = run_context(http=http, question="asked", **inputs.pop("context", {}))
    credential = inputs.pop("credential", {})
    return await node.build(NodeInputs(inputs, node_id="n_0", label="Loader", output=output, credential=credential), context)


class TestWebPage:
    async def test_one_page_is_its_text(self) -> None:
        http = ScriptedHttp(answer("<body><p>Hello</p><script>evil()</script></body>"))

        documents = await build(CheerioWebScraper(), http, url="https://a.test/x")

        assert [(document.page_content, document.metadata) for document in documents] == [("Hello", {"source": "https://a.test/x"})]
        assert http.calls[0].reach is Reach.PUBLIC

    async def test_a_selector_chooses_a_part(self) -> None:
        http = ScriptedHttp(answer("<body><nav>menu</nav><main>text</main></body>"))

        documents = await build(CheerioWebScraper(), http, url="https://a.test", selector="main")

        assert documents[0].page_content == "text"

    async def test_a_selector_that_cannot_be_read_is_told(self) -> None:
        with pytest.raises(InvalidFlow, match="no CSS selector"):
            await build(CheerioWebScraper(), ScriptedHttp(answer("<p>x</p>")), url="https://a.test", selector="p[[")

    async def test_links_of_the_same_site_are_followed_up_to_the_limit(self) -> None:
        links = '<a href="/b">b</a><a href="https://other.test/">o</a><a href="c#part">c</a><a href="/d.pdf">d</a>'
        site = Site(root=f"start {links}", b="page b", c="page c")

        documents = await build(CheerioWebScraper(), site, url="https://a.test/", relativeLinksMethod="webCrawl", limit="3")

        assert [document.metadata["source"] for document in documents] == ["https://a.test/", "https://a.test/b", "https://a.test/c"]
        assert {call.url for call in site.calls} == {"https://a.test/", "https://a.test/b", "https://a.test/c"}

    async def test_a_sitemap_lists_the_pages(self) -> None:
        site = Site(sitemap_xml="<urlset><url><loc>https://a.test/b</loc></url><url><loc>https://a.test/c</loc></url></urlset>", b="page b")

        documents = await build(CheerioWebScraper(), site, url="https://a.test", relativeLinksMethod="scrapeXMLSitemap")

        assert [document.page_content for document in documents] == ["page b"]

    @pytest.mark.parametrize("failure", [HttpDenied("denied"), HttpFailed("down"), answer("x", 500), answer(b"\x00", kind="image/png")])
    async def test_a_page_that_cannot_be_read_gives_nothing_and_is_noted(self, failure: Any) -> None:
        trace = RecordingTrace()

        documents = await build(CheerioWebScraper(), ScriptedHttp(failure), url="https://a.test", context={"trace": trace})

        assert documents == []
        assert trace.lines and "left out" in trace.lines[0][1]

    async def test_other_addresses_are_refused(self) -> None:
        with pytest.raises(InvalidFlow, match="no web address"):
            await build(CheerioWebScraper(), ScriptedHttp(), url="file:///etc/passwd")


class TestApiLoader:
    async def test_json_is_shown_pretty(self) -> None:
        http = ScriptedHttp(answer({"a": 1}))

        documents = await build(ApiLoader(), http, method="GET", url="https://api.test/x", headers={"X-Key": "k"})

        assert documents[0].page_content == '{\n  "a": 1\n}'
        assert documents[0].metadata == {"url": "https://api.test/x"}
        assert http.calls[0].headers == {"X-Key": "k"}

    async def test_a_post_sends_its_body(self) -> None:
        http = ScriptedHttp(answer("plain"))

        documents = await build(ApiLoader(), http, method="POST", url="https://api.test/x", body='{"q": 1}')

        assert (documents[0].page_content, http.calls[0].method, http.calls[0].body) == ("plain", "POST", b'{"q":1}')

    @pytest.mark.parametrize("failure", [HttpDenied("denied"), answer("x", 503)])
    async def test_a_failure_is_told(self, failure: Any) -> None:
        with pytest.raises(FlowError, match=r"Failed to fetch https://api\.test/x"):
            await build(ApiLoader(), ScriptedHttp(failure), method="GET", url="https://api.test/x")

    async def test_a_certificate_of_its_own_vouches_for_the_server(self) -> None:
        http = ScriptedHttp(answer({}))

        await build(ApiLoader(), http, method="GET", url="https://api.test/x", caFile="data:x;base64,UEVN,filename:ca.pem")

        assert http.calls[0].trusted == b"PEM"

    async def test_a_key_in_the_address_is_not_told(self) -> None:
        with pytest.raises(FlowError) as caught:
            await build(ApiLoader(), ScriptedHttp(answer({}, 500)), method="GET", url="https://api.test/x?key=abc-0123")

        assert "abc-0123" not in str(caught.value)


class TestGithub:
    TREE = {  # noqa: RUF012
        "tree": [
            {"path": "a.md", "type": "blob", "sha": "1", "size": 5},
            {"path": "b.png", "type": "blob", "sha": "2", "size": 5},
            {"path": "docs", "type": "tree", "sha": "3"},
            {"path": "skip/c.md", "type": "blob", "sha": "4", "size": 5},
        ]
    }

    async def test_text_files_are_documents(self) -> None:
        http = ScriptedHttp(answer(self.TREE), answer({"content": base64.b64encode(b"# A").decode()}))

        documents = await build(
            Github(), http, repoLink="https://github.com/o/r", branch="main", recursive=True, ignorePath='["skip"]',
            credential={"accessToken": "ghp_secret"},
        )  # fmt: skip

        assert [(document.page_content, document.metadata["source"]) for document in documents] == [("# A", "a.md")]
        assert http.calls[0].url == "https://api.github.com/repos/o/r/git/trees/main?recursive=1"
        assert http.calls[0].headers["authorization"] == "Bearer ghp_secret"

    async def test_a_refusal_is_told_without_the_token(self) -> None:
        http = ScriptedHttp(answer({"message": "Not Found"}, 404))

        with pytest.raises(ProviderError, match="404 Not Found") as caught:
            await build(Github(), http, repoLink="https://github.com/o/r", credential={"accessToken": "ghp_secret"})

        assert "ghp_secret" not in str(caught.value)

    async def test_a_busy_github_is_asked_again_as_often_as_the_node_allows(self) -> None:
        busy = HttpResponse(status=429, reason="Too Many Requests", headers={"retry-after": "0.001"}, body=b"{}")
        http = ScriptedHttp(busy, answer({"tree": []}))

        assert await build(Github(), http, repoLink="https://github.com/o/r", maxRetries="1") == []
        assert len(http.calls) == 2
        with pytest.raises(ProviderError, match="429"):
            await build(Github(), ScriptedHttp(busy), repoLink="https://github.com/o/r", maxRetries="0")

    async def test_a_link_without_a_repository_is_refused(self) -> None:
        with pytest.raises(InvalidFlow, match="no repository"):
            await build(Github(), ScriptedHttp(), repoLink="https://evil.test/o")


class TestCustomLoader:
    async def test_the_code_makes_documents(self) -> None:
        code = PythonJavaScript({"make": lambda names, _: [{"pageContent": names["$word"], "metadata": names["$more"]}]})

        documents = await build(
            CustomDocumentLoader(),
            ScriptedHttp(),
            javascriptFunction="make",
            functionInputVariables={"word": "hi", "more": '{"a": 1}'},
            context={"javascript": code},
        )

        assert documents == [Document(page_content="hi", metadata={"a": 1})]

    async def test_a_document_of_the_code_may_have_no_metadata(self) -> None:
        code = PythonJavaScript({"make": lambda names, _: [{"pageContent": "x"}, {"pageContent": "y", "metadata": None}]})

        documents = await build(CustomDocumentLoader(), ScriptedHttp(), javascriptFunction="make", context={"javascript": code})

        assert documents == [Document(page_content="x"), Document(page_content="y")]

    @pytest.mark.parametrize("result", [None, "text", [], [{"pageContent": 1}], [{"pageContent": "x", "metadata": "y"}]])
    async def test_anything_else_is_told(self, result: Any) -> None:
        code = PythonJavaScript({"make": lambda names, _: result})

        if result == []:
            assert await build(CustomDocumentLoader(), ScriptedHttp(), javascriptFunction="make", context={"javascript": code}) == []
            return
        with pytest.raises(InvalidFlow, match="must give a list of documents"):
            await build(CustomDocumentLoader(), ScriptedHttp(), javascriptFunction="make", context={"javascript": code})

    async def test_the_output_may_be_text(self) -> None:
        code = PythonJavaScript({"make": lambda names, _: "text"})

        assert (
            await build(CustomDocumentLoader(), ScriptedHttp(), "text", javascriptFunction="make", context={"javascript": code}) == "text"
        )


class Store:
    count = 2

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    async def search(self, question: str, count: int, conditions: Any = None) -> list[tuple[Document, float]]:
        self.asked.append((question, count))
        return [(Document(page_content="near"), 0.9), (Document(page_content="far"), 0.3)]


async def test_a_vector_store_gives_the_documents_that_score_enough() -> None:
    store = Store()

    documents = await build(VectorStoreToDocument(), ScriptedHttp(), vectorStore=store, minScore="50")

    assert [document.page_content for document in documents] == ["near"]
    assert store.asked == [("asked", 2)]
