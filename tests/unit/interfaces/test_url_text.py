"""Addresses whose parts others chose."""

from __future__ import annotations

import pytest

from flowisectl.interfaces.url_text import climbs, shown


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        ("/files/..", True),
        ("/a/./b", True),
        ("/a/../b:append", True),
        ("/a/..b", False),
        ("/a/...", False),
        ("/a/.well-known", False),
        ("", False),
    ],
)
def test_a_path_leads_elsewhere_only_by_whole_parts(path: str, verdict: bool) -> None:
    assert climbs(path) is verdict


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://ann:secret@a.test:8/x/y?key=secret#z", "https://a.test:8/x/y"),
        ("https://a.test?next=https://b.test/@c", "https://a.test"),
        ("https://a.test/@x", "https://a.test/@x"),
        ("no address", "no address"),
    ],
)
def test_a_message_shows_an_address_without_its_secrets(url: str, words: str) -> None:
    assert shown(url) == words
