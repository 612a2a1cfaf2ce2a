"""Requests are counted under the names of routes, whatever a client puts into a path or calls a method."""

from __future__ import annotations

import uuid

import pytest

from flowisectl.web.route_names import RouteNames, method_name

RULES = (
    "/",
    "/healthz",
    "/api/v1/ping",
    "/api/v1/chatflows",
    "/api/v1/chatflows/<flow_id>",
    "/api/v1/chatflows/apikey/<key>",
    "/api/v1/prediction/<flow_id>",
    "/api/v1/chatmessage/abort/<flow_id>/<chat_id>",
    "/api/v1/datasets/<path:_rest>",
)
NAMES = RouteNames(RULES)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "/"),
        ("/healthz/", "/healthz"),
        ("/api/v1/chatflows", "/api/v1/chatflows"),
        ("/api/v1/prediction/7d3f9e1a-0000-4000-8000-000000000000", "/api/v1/prediction/:id"),
        ("/api/v1/prediction/nope", "/api/v1/prediction/:id"),
        ("/api/v1/chatflows/apikey/abc", "/api/v1/chatflows/apikey/:id"),
        ("/api/v1/chatmessage/abort/123/" + "x" * 50, "/api/v1/chatmessage/abort/:id/:id"),
        ("/api/v1/datasets/a/b/c", "/api/v1/datasets/:id"),
        ("/wp-login.php", "unmatched"),
        ("/api/v1/chatflows/a/b/c/d/e/f/g/h", "unmatched"),
        ("/api/v1/:id", "unmatched"),
        ("", "/"),
    ],
)
def test_a_path_is_counted_as_its_route(path: str, name: str) -> None:
    assert NAMES.name(path) == name


def test_made_up_paths_and_methods_make_no_new_names() -> None:
    paths = [f"/api/v1/{uuid.uuid4().hex[:9]}/{number}" for number in range(1000)] + [
        f"/{'/'.join('a' * number)}" for number in range(1, 50)
    ]

    assert {NAMES.name(path) for path in paths} == {"unmatched"}
    assert {method_name(method) for method in ("GET", "FOOBAR", "get", "PROPFIND")} == {"GET", "other"}
