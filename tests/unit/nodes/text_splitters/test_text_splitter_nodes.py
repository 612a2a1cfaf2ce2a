"""The text splitter nodes."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.text_splitters.character_text_splitter import CharacterTextSplitter
from flowisectl.nodes.text_splitters.code_text_splitter import CodeTextSplitter
from flowisectl.nodes.text_splitters.markdown_text_splitter import MarkdownTextSplitter
from flowisectl.nodes.text_splitters.recursive_character_text_splitter import RecursiveCharacterTextSplitter
from flowisectl.testing import run_context


async def split(node: Node, text: str, **inputs: Any) -> list[str]:
    splitter = await node.build(NodeInputs({"chunkSize": "10", "chunkOverlap": "0", **inputs}, node_id="s_0"), run_context())
    chunks: list[str] = splitter.split_text(text)
    return chunks


async def test_recursive_splitting_takes_the_authors_separators() -> None:
    assert await split(RecursiveCharacterTextSplitter(), "one two three") == ["one two", "three"]
    assert await split(RecursiveCharacterTextSplitter(), "one two|three", separators='["|"]') == ["one two", "|three"]


@pytest.mark.parametrize("separators", ["no json", "{}", "[]"])
async def test_separators_must_be_a_list(separators: str) -> None:
    with pytest.raises(InvalidFlow, match=r"'s_0'.*separators"):
        await split(RecursiveCharacterTextSplitter(), "x", separators=separators)


async def test_one_separator() -> None:
    assert await split(CharacterTextSplitter(), "aaaa;bbbb;cccc", separator=";") == ["aaaa;bbbb", "cccc"]
    assert await split(CharacterTextSplitter(), "aaaa\n\nbbbbbbbbb", separator="") == ["aaaa", "bbbbbbbbb"]


async def test_markdown_by_headers_or_by_size() -> None:
    text = "# A\none\n## B\ntwo"

    assert await split(MarkdownTextSplitter(), text, splitByHeaders="h1") == [text]
    assert await split(MarkdownTextSplitter(), text, splitByHeaders="h2") == ["# A\none", "## B\ntwo"]
    assert await split(MarkdownTextSplitter(), text, splitByHeaders="disabled") == ["# A\none", "## B\ntwo"]


async def test_code_by_its_language() -> None:
    assert await split(CodeTextSplitter(), "a = 1\ndef b():\n  pass", language="python", chunkSize=17) == ["a = 1", "def b():\n  pass"]
    with pytest.raises(InvalidFlow, match="'klingon'"):
        await split(CodeTextSplitter(), "x", language="klingon")


@pytest.mark.parametrize("node", [RecursiveCharacterTextSplitter(), CharacterTextSplitter(), MarkdownTextSplitter()])
async def test_impossible_sizes_are_refused(node: Node) -> None:
    with pytest.raises(InvalidFlow, match="chunkOverlap >= chunkSize"):
        await split(node, "x", chunkSize=5, chunkOverlap=5)
