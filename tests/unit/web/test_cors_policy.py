from __future__ import annotations

import pytest

from flowisectl.web.access.cors import CorsPolicy, flow_id_in, is_domain_allowed

FLOW = "6f0c1f5e-8a83-4b7e-9d7f-2f1f4dd0a111"


async def nothing(_flow_id: str) -> list[str]:
    return []


async def only_shop(_flow_id: str) -> list[str]:
    return ["https://shop.example"]


def policy(origins: str = "", *, credentials: bool = False, app_url: str = "") -> CorsPolicy:
    return CorsPolicy(origins=origins, allow_credentials=credentials, app_url=app_url)


@pytest.mark.parametrize(
    ("origins", "origin", "path", "expected"),
    [
        ("", "https://a.example", "/api/v1/chatflows", False),
        ("*", "https://a.example", "/api/v1/chatflows", True),
        ("*", "null", "/api/v1/chatflows", False),
        ("https://A.example", "https://a.EXAMPLE", "/api/v1/chatflows", True),
        ("https://a.example", "https://b.example", "/api/v1/chatflows", False),
        ("*", "https://a.example", "/api/v1/auth/login", False),
        ("https://a.example", "https://a.example", "/api/v1/auth/login", True),
        ("", "https://a.example", f"/api/v1/prediction/{FLOW}", True),
        ("", "https://a.example", "/api/v1/prediction/no-uuid", False),
        ("", "https://a.example", f"/api/v1/feedback/{FLOW}", False),
    ],
)
async def test_an_origin_is_allowed_by_the_list_that_counts_for_the_path(origins: str, origin: str, path: str, expected: bool) -> None:
    assert await policy(origins).allows(origin, path, nothing) is expected


async def test_a_flows_own_list_decides_where_the_global_list_does_not() -> None:
    path = f"/api/v1/public-chatbotConfig/{FLOW}"

    assert await policy().allows("https://shop.example", path, only_shop)
    assert not await policy().allows("https://evil.example", path, only_shop)
    assert await policy("https://evil.example").allows("https://evil.example", path, only_shop)


async def test_the_applications_own_address_may_log_in() -> None:
    assert await policy(app_url="https://app.example/flowise").allows("https://app.example", "/api/v1/auth/login", nothing)


def test_credentials_are_never_allowed_together_with_a_star() -> None:
    names = [name for name, _ in policy("*", credentials=True).headers("https://a.example")]
    listed = dict(policy("https://a.example", credentials=True).headers("https://a.example"))

    assert b"access-control-allow-credentials" not in names
    assert listed[b"access-control-allow-credentials"] == b"true"


def test_the_origin_is_echoed_and_the_requested_headers_too() -> None:
    headers = dict(policy("*").preflight_headers("https://a.example", b"content-type,x-mine"))

    assert headers[b"access-control-allow-origin"] == b"https://a.example"
    assert headers[b"access-control-allow-headers"] == b"content-type,x-mine"
    assert headers[b"access-control-allow-methods"] == b"GET,HEAD,PUT,PATCH,POST,DELETE"
    assert headers[b"vary"] == b"Origin, Access-Control-Request-Headers"
    assert headers[b"content-length"] == b"0"


@pytest.mark.parametrize(
    ("origin", "domains", "expected"),
    [
        ("https://a.example", [], True),
        ("https://a.example", [""], True),
        ("https://a.example", ["https://a.example/page"], True),
        ("https://a.example:8443", ["https://a.example"], False),
        ("https://a.example:443", ["https://a.example"], True),
        ("https://a.example", ["a.example"], False),
        ("not a url", ["https://a.example"], False),
        ("https://a.example:bad", ["https://a.example"], False),
    ],
)
def test_domains_are_compared_by_host_and_port(origin: str, domains: list[str], expected: bool) -> None:
    assert is_domain_allowed(origin, domains) is expected


def test_only_a_version_4_id_names_a_flow() -> None:
    assert flow_id_in(f"/api/v1/prediction/{FLOW}/more") == FLOW
    assert flow_id_in("/api/v1/prediction/6f0c1f5e-8a83-1b7e-9d7f-2f1f4dd0a111") is None
