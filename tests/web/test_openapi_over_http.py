"""The API's description: valid, complete, and honest about who may call what."""

from __future__ import annotations

import json
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient


@pytest.fixture
async def document(anybody: QuartClient) -> dict[str, Any]:
    answer = await anybody.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = await answer.get_json()
    return found


async def test_every_route_is_described(app: Quart, document: dict[str, Any]) -> None:
    described = {(method.upper(), path.count("/")) for path, item in document["paths"].items() for method in item}
    routes = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/") and not rule.rule.endswith("/")]

    assert document["openapi"] == "3.1.0" and len(document["paths"]) > 70
    for rule in routes:
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert (method, rule.rule.count("/")) in described


def test_ids_of_operations_are_unique(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]

    assert len(ids) == len(set(ids))


def test_no_two_paths_differ_in_the_names_of_their_parameters_only(document: dict[str, Any]) -> None:
    shapes = ["/".join("{}" if part.startswith("{") else part for part in path.split("/")) for path in document["paths"]]

    assert len(shapes) == len(set(shapes))


def test_streams_texts_and_files_are_told_as_what_they_are(document: dict[str, Any]) -> None:
    def kinds(path: str, method: str, status: str) -> set[str]:
        return set(document["paths"][f"/api/v1/{path}"][method]["responses"][status].get("content", {}))

    assert kinds("prediction/{flow_id}", "post", "200") == {"application/json", "text/event-stream"}
    assert kinds("prediction/{flow_id}", "post", "429") == {"text/html"}
    assert kinds("get-upload-file", "get", "200") == {"application/octet-stream"}
    assert kinds("chatflows/{flow_id}/webhook-secret", "delete", "204") == set()


def test_path_parameters_are_declared(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        named = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for operation in item.values():
            declared = {entry["name"] for entry in operation.get("parameters", ()) if entry["in"] == "path"}
            assert declared == named, path


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    for reference in set(json.dumps(document).split('"$ref": "')[1:]):
        parts = reference.split('"')[0].removeprefix("#/").split("/")
        found: Any = document
        for part in parts:
            found = found[part]
        assert isinstance(found, dict)


async def test_what_is_said_to_need_a_key_needs_one(anybody: QuartClient, document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        url = path.replace("{", "").replace("}", "")
        for method, operation in item.items():
            if operation["security"]:
                answer = await anybody.open(url, method=method.upper())
                assert answer.status_code == 401, (method, path)


async def test_bodies_belong_to_routes_that_there_are(document: dict[str, Any]) -> None:
    from flowisectl.web.openapi.bodies import BODIES, FORMS, QUERIES

    known = {(method.upper(), path.removeprefix("/api/v1/")) for path, item in document["paths"].items() for method in item}

    assert not {*BODIES, *FORMS, *QUERIES} - known


async def test_the_page_loads_nothing_from_elsewhere(anybody: QuartClient) -> None:
    answer = await anybody.get("/api/v1/openapi")

    text = await answer.get_data(as_text=True)
    assert answer.content_type.startswith("text/html") and 'fetch("openapi.json")' in text
    assert "http://" not in text and "https://" not in text and "<script src" not in text
