"""Documents cut into chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.interfaces.document import Document
from flowisectl.retrieval.code_separators import SEPARATORS
from flowisectl.retrieval.loading import as_text, loaded
from flowisectl.retrieval.splitting import CharacterSplitter, HeaderSplitter, RecursiveSplitter, split_documents

TEXT = "Birds sing in the morning. Owls do not.\n\nFish are silent, as far as anyone can hear.\nSo are snails."


class TestRecursiveSplitter:
    def test_blank_lines_come_first_then_lines_then_words(self) -> None:
        chunks = RecursiveSplitter(chunk_size=45, chunk_overlap=0).split_text(TEXT)

        assert chunks == ["Birds sing in the morning. Owls do not.", "Fish are silent, as far as anyone can hear.", "So are snails."]

    def test_chunks_overlap_by_whole_pieces(self) -> None:
        chunks = RecursiveSplitter(chunk_size=20, chunk_overlap=8).split_text("one two three four five six seven")

        assert chunks == ["one two three four", "four five six seven"]

    def test_a_word_that_is_too_long_is_cut(self) -> None:
        assert RecursiveSplitter(chunk_size=4, chunk_overlap=1).split_text("abcdefghij") == ["abcd", "defg", "ghij"]

    def test_pieces_that_no_separator_cuts_are_cut_anywhere_and_a_text_without_any_stays_whole(self) -> None:
        splitter = RecursiveSplitter(chunk_size=4, chunk_overlap=0, separators=("|",))

        assert splitter.split_text("abcdef|g") == ["abcd", "ef", "|g"]
        assert splitter.split_text("abcdefgh") == ["abcdefgh"]

    def test_separators_that_share_characters_are_all_found(self) -> None:
        assert RecursiveSplitter(chunk_size=4, chunk_overlap=0, separators=("##",)).split_text("ab###cd") == ["ab#", "##cd"]

    @pytest.mark.parametrize(("size", "overlap"), [(0, 0), (10, 10), (10, 11)])
    def test_impossible_sizes_are_refused(self, size: int, overlap: int) -> None:
        with pytest.raises(ValueError, match="chunk"):
            RecursiveSplitter(chunk_size=size, chunk_overlap=overlap)

    @given(st.text(alphabet="ab \n.", max_size=300), st.integers(2, 40), st.integers(0, 1))
    def test_chunks_are_small_pieces_of_the_text_and_lose_nothing(self, text: str, size: int, overlap: int) -> None:
        chunks = RecursiveSplitter(chunk_size=size, chunk_overlap=overlap).split_text(text)

        assert all(0 < len(chunk) <= size and chunk in text for chunk in chunks)
        assert set("".join(chunks)) - set(" \n") == set(text) - set(" \n")
        if overlap == 0:
            assert "".join("".join(chunks).split()) == "".join(text.split())


class TestOtherSplitters:
    def test_one_separator_is_dropped_between_chunks(self) -> None:
        assert CharacterSplitter(chunk_size=5, chunk_overlap=0, separator=";").split_text("aa;bb;cc;;dd") == ["aa;bb", "cc;dd"]

    def test_headers_begin_sections_down_to_their_level(self) -> None:
        text = "intro\n# One\na\n## Two\nb\n### Three\nc\n#nothing"

        assert HeaderSplitter(level=2).split_text(text) == ["intro", "# One\na", "## Two\nb\n### Three\nc\n#nothing"]
        assert HeaderSplitter(level=1).split_text("") == []

    @pytest.mark.parametrize("language", sorted(SEPARATORS))
    def test_every_language_can_be_split(self, language: str) -> None:
        text = "\n".join(f"line number {number} of the source" for number in range(20))

        chunks = RecursiveSplitter(chunk_size=60, chunk_overlap=0, separators=SEPARATORS[language]).split_text(text)

        assert len(chunks) > 1
        assert all(len(chunk) <= 60 for chunk in chunks)

    def test_python_is_cut_in_front_of_definitions(self) -> None:
        text = "import os\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2"

        chunks = RecursiveSplitter(chunk_size=30, chunk_overlap=0, separators=SEPARATORS["python"]).split_text(text)

        assert chunks == ["import os", "def one():\n    return 1", "def two():\n    return 2"]


def test_chunks_know_their_lines_and_keep_their_metadata() -> None:
    document = Document(page_content=TEXT, metadata={"source": "s", "loc": {"pageNumber": 2}})

    chunks = split_documents(RecursiveSplitter(chunk_size=60, chunk_overlap=0), [document])

    assert [chunk.metadata["loc"] for chunk in chunks] == [
        {"pageNumber": 2, "lines": {"from": 1, "to": 1}},
        {"pageNumber": 2, "lines": {"from": 3, "to": 4}},
    ]
    assert chunks[0].metadata["source"] == "s"
    assert document.metadata["loc"] == {"pageNumber": 2}


def test_sections_between_headers_have_no_lines() -> None:
    documents = split_documents(HeaderSplitter(level=1), [Document(page_content="# A\nb\n# C", metadata={"n": 1})])

    assert [(chunk.page_content, chunk.metadata) for chunk in documents] == [("# A\nb", {"n": 1}), ("# C", {"n": 1})]


def test_equal_chunks_are_told_apart_by_their_lines() -> None:
    chunks = split_documents(RecursiveSplitter(chunk_size=3, chunk_overlap=0), [Document(page_content="ab\n\nab\n\nab")])

    assert [chunk.metadata["loc"]["lines"]["from"] for chunk in chunks] == [1, 3, 5]


class TestLoading:
    DOCUMENT = Document(page_content="p", metadata={"a": 1, "b": 2})

    @pytest.mark.parametrize(
        ("omitted", "metadata"),
        [("", {"a": 9, "b": 2, "c": 3}), ("b, c", {"a": 9}), ("*", {"a": 9, "c": 3}), (" , ", {"a": 9, "b": 2, "c": 3})],
    )
    def test_metadata_is_laid_over_and_left_out(self, omitted: str, metadata: dict[str, int]) -> None:
        assert loaded([self.DOCUMENT], metadata={"a": 9, "c": 3}, omitted=omitted)[0].metadata == metadata

    def test_texts_end_with_a_line_end_each(self) -> None:
        assert as_text([self.DOCUMENT, self.DOCUMENT]) == "p\np\n"


def test_lines_are_counted_through_a_long_document() -> None:
    text = "\n".join(f"line {number}" for number in range(1, 501))

    chunks = split_documents(RecursiveSplitter(chunk_size=40, chunk_overlap=0, separators=("\n",)), [Document(page_content=text)])

    for chunk in chunks:
        first = int(chunk.page_content.split()[1])
        assert chunk.metadata["loc"]["lines"] == {"from": first, "to": first + chunk.page_content.count("\n")}
