from __future__ import annotations

import pytest

from flowisectl.web.client_address import ProxyTrust, origin_url


@pytest.mark.parametrize(
    ("setting", "forwarded", "expected"),
    [
        ("", "203.0.113.9", "10.0.0.1"),
        ("false", "203.0.113.9", "10.0.0.1"),
        ("true", "203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("1", "203.0.113.9, 10.9.9.9", "10.9.9.9"),
        ("2", "203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("9", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.0/8", "203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("uniquelocal", "6.6.6.6, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("loopback", "203.0.113.9", "10.0.0.1"),
        ("true", "", "10.0.0.1"),
        ("nonsense", "203.0.113.9", "10.0.0.1"),
    ],
)
def test_a_forwarded_address_counts_as_far_as_its_proxies_are_trusted(setting: str, forwarded: str, expected: str) -> None:
    assert ProxyTrust(setting).client("10.0.0.1", forwarded) == expected


def test_the_url_that_the_client_used_has_the_proxys_scheme() -> None:
    assert origin_url("http", "flows.example:3000", "") == "http://flows.example:3000"
    assert origin_url("http", "flows.example", "https, http") == "https://flows.example"
