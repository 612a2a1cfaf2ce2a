"""Token splitting, Markdown of web pages, fusion and diversity."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.document import Document
from flowisectl.nodes.text_splitters.html_to_markdown_text_splitter import HtmlToMarkdownTextSplitter
from flowisectl.nodes.text_splitters.token_text_splitter import TokenTextSplitter
from flowisectl.retrieval.fusion import reciprocal_rank_fusion, union
from flowisectl.retrieval.store_search import most_diverse
from flowisectl.retrieval.token_splitting import TokenSplitter, tokens_of
from flowisectl.retrieval.web_page import read_page, sitemap_addresses, to_markdown
from flowisectl.testing import run_context


@given(st.text())
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(tokens_of(text)) == text


@given(st.text(), st.integers(1, 20), st.integers(0, 19))
def test_chunks_without_their_overlaps_are_the_text(text: str, size: int, overlap: int) -> None:
    splitter = TokenSplitter(chunk_size=size, chunk_overlap=min(overlap, size - 1))

    chunks = splitter.split_text(text)

    assert all(len(tokens_of(chunk)) <= 2 * size + 1 for chunk in chunks)
    assert (chunks[0] if chunks else "") == text[: len(chunks[0]) if chunks else 0]
    assert not chunks or text.endswith(chunks[-1])


async def test_the_node_cuts_by_tokens() -> None:
    splitter = await TokenTextSplitter().build(NodeInputs({"chunkSize": "3", "chunkOverlap": "1"}), run_context())

    assert splitter.split_text("one two six ten cat") == ["one two six", " six ten cat"]


PAGE = """<html><head><title> T </title><meta name="description" content="D"><style>x</style></head><body>
<h1>Head</h1><p>A <b>bold</b> <a href="/b">link</a>.</p><ul><li>one<li>two</ul><pre>code
 line</pre><blockquote>said</blockquote><!-- hidden --><script>x()</script></body></html>"""


def test_a_page_becomes_markdown() -> None:
    assert to_markdown(PAGE) == (
        "# Head\n\nA **bold** [link](/b).\n\n* one\n* two\n\n```\ncode\n line\n```\n\n> said"
    )  # fmt: skip


def test_a_table_becomes_markdown() -> None:
    table = "<table><tr><th>x</th><th>y</th></tr><tr><td>1</td><td>2</td></tr></table>"

    assert to_markdown(table) == "| x | y |\n| - | - |\n| 1 | 2 |"


def test_nesting_without_end_is_bounded() -> None:
    assert "deep" in to_markdown("<div>" * 3000 + "deep")


def test_a_page_has_title_description_text_and_links() -> None:
    page = read_page(PAGE, "https://a.test/x/")

    assert (page.title, page.description) == ("T", "D")
    assert page.links == ("https://a.test/b",)
    assert "hidden" not in page.text and "x()" not in page.text
    assert page.text.splitlines()[0] == "Head"


def test_links_other_than_web_addresses_are_left_out() -> None:
    page = read_page(
        '<a href="mailto:x@y.z">m</a><a href="javascript:x">j</a><a href="http://[bad">b</a><a href="#p">p</a>', "https://a.test/"
    )

    assert page.links == ("https://a.test/",)


def test_a_sitemap_lists_addresses() -> None:
    assert sitemap_addresses("<loc> https://a.test/?a=1&amp;b=2 </loc><loc><![CDATA[https://a.test/c]]></loc>") == [
        "https://a.test/?a=1&b=2",
        "https://a.test/c",
    ]


async def test_the_node_turns_html_into_markdown_and_cuts_at_headers() -> None:
    splitter = await HtmlToMarkdownTextSplitter().build(NodeInputs({"chunkSize": "30", "chunkOverlap": "0"}), run_context())

    assert splitter.split_text("<h2>One</h2><p>First text here</p><h2>Two</h2><p>Second text</p>") == [
        "## One\n\nFirst text here",
        "## Two\n\nSecond text",
    ]


def documents(*texts: str) -> list[Document]:
    return [Document(page_content=text) for text in texts]


def test_a_union_has_every_document_once_in_order() -> None:
    assert [document.page_content for document in union([documents("a", "b"), documents("b", "c"), documents("a", "d")])] == list("abcd")


def test_fusion_adds_what_each_rank_is_worth() -> None:
    fused = reciprocal_rank_fusion([documents("a", "b"), documents("b")], 1)

    assert [(document.page_content, round(score, 4)) for document, score in fused] == [("b", 0.8333), ("a", 0.5)]


@pytest.mark.parametrize(("balance", "chosen"), [(1.0, [0, 1]), (0.2, [0, 2])])
def test_the_balance_decides_between_fit_and_difference(balance: float, chosen: list[int]) -> None:
    candidates = [[1.0, 0.0], [0.98, 0.02], [0.3, 0.7]]

    assert most_diverse([1.0, 0.0], candidates, 2, balance) == chosen
    assert most_diverse([1.0, 0.0], [], 2) == []
