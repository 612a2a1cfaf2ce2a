"""The digest of Flowise's index: its results are known from a Flowise, and from the JavaScript that it calls."""

from __future__ import annotations

import hashlib

import pytest

from flowisectl.engine.index_digest import LOT, index_digest, index_digests


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "ae965411e69fcf4bb15a2ff8b21bbd19b0b8fed5a474657e152d460ae76c51b8"),
        ("hello world", "6839b52d85d6dd90cd25c5785a15518d0e5fc624e5b9750957d81bb04ec3d8b7"),
        ('{"a":1}', "61f12233cb279d959e6c74bda93d94ca46ce5ae8426de4166bb1dc67b4ee0e01"),
        ("x" * 55, "5034763a08392d570b1152632d7cfbeb845e15b6c194f8fcb299c7d563c572f8"),
        ("x" * 56, "b6fafeb6b654cfb9731a1bd32f74560fb71f7bd0117d2492a71dfd85fa7b8284"),
        ("aé€😀" * 20, "9e382b6ee84155ac92348a3313c61045d6a3de278c42ca2a65762da258fdd8c7"),
    ],
)
def test_a_digest_is_that_of_the_other_implementation(text: str, expected: str) -> None:
    assert index_digest(text) == expected


def test_it_is_not_the_standards() -> None:
    assert index_digest("hello world") != hashlib.sha256(b"hello world").hexdigest()


def test_many_at_once_have_the_digests_of_each() -> None:
    texts = [character * length for character in "aé😀" for length in (0, 1, 54, 55, 56, 63, 64, 119, 120, 700)]
    texts += [f"text {number} " * (number % 7) for number in range(LOT + 5)]

    digests = index_digests(texts)

    assert digests == [index_digest(text) for text in texts]
