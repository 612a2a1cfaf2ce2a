"""Files that no run could read are refused before anything is stored or queued."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from quart.datastructures import FileStorage
from quart.testing import QuartClient

from flowisectl.web.app import create_app
from flowisectl.web.services import WebServices

PROBLEM = "files cannot be taken: 1 of 1 workers (host:7) would not find them"
PICTURE = {
    "type": "file",
    "name": "a.png",
    "mime": "image/png",
    "data": "data:image/png;base64," + base64.b64encode(b"x" * 300_000).decode(),
}


def client_of(services: WebServices, problem: str) -> QuartClient:
    async def told() -> str:
        return problem

    return QuartClient(create_app(replace(services, storage_problem=told)), use_cookies=False)


def stored_files(folder: Path) -> list[Path]:
    return [path for path in (folder / "storage").rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["file", "file:rag", "audio", "stored-file"])
async def test_a_prediction_with_a_file_is_refused_before_it_is_queued(
    services: WebServices, submitter: Any, make_flow: Callable[..., Any], tmp_path: Path, kind: str
) -> None:
    row, client = await make_flow(), client_of(services, PROBLEM)

    answer = await client.post(f"/api/v1/prediction/{row['id']}", json={"question": "x", "uploads": [{**PICTURE, "type": kind}]})

    assert answer.status_code == 503 and (await answer.get_json())["message"] == PROBLEM
    assert submitter.requests == [] and stored_files(tmp_path) == []


@pytest.mark.parametrize("route", ["prediction", "vector/upsert"])
async def test_a_form_with_a_file_is_refused_before_it_is_stored(
    services: WebServices, submitter: Any, upserts: Any, admin: QuartClient, make_flow: Callable[..., Any], tmp_path: Path, route: str
) -> None:
    row, client = await make_flow(), client_of(services, PROBLEM)
    client.cookie_jar = admin.cookie_jar
    file = FileStorage(io.BytesIO(b"x"), filename="a.txt", name="files", content_type="text/plain")

    answer = await client.post(
        f"/api/v1/{route}/{row['id']}", form={"question": "x"}, files={"files": file}, headers={"x-request-from": "internal"}
    )

    assert answer.status_code == 503 and PROBLEM in (await answer.get_json())["message"]
    assert submitter.requests == [] and upserts.requests == [] and stored_files(tmp_path) == []


async def test_what_needs_no_storage_is_taken_all_the_same(services: WebServices, submitter: Any, make_flow: Callable[..., Any]) -> None:
    row, client = await make_flow(), client_of(services, PROBLEM)
    uploads = [
        {"type": "file:full", "name": "a.txt", "mime": "text/plain", "data": "text"},
        {"type": "url", "name": "a.png", "mime": "image/png", "data": "https://example.com/a.png"},
    ]

    for body in ({"question": "x"}, {"question": "x", "uploads": uploads}, {"question": "x", "uploads": "odd"}):
        assert (await client.post(f"/api/v1/prediction/{row['id']}", json=body)).status_code == 200

    assert len(submitter.requests) == 3


async def test_with_a_shared_storage_files_are_taken(services: WebServices, submitter: Any, make_flow: Callable[..., Any]) -> None:
    row, client = await make_flow(), client_of(services, "")

    answer = await client.post(f"/api/v1/prediction/{row['id']}", json={"question": "x", "uploads": [PICTURE]})

    assert answer.status_code == 200 and len(submitter.requests) == 1


def flow_with_file(*, only_fills_a_store: bool) -> str:
    """A loader with a stored file that feeds a chain or, beside a chain, a vector store."""
    target, category = ("store_0", "Vector Stores") if only_fills_a_store else ("chain_0", "Chains")
    parts = [("loader_0", "textFile", "Document Loaders", {"txtFile": 'FILE-STORAGE::["a.txt"]'}), ("chain_0", "llmChain", "Chains", {})]
    edges = [{"id": "e", "source": "loader_0", "target": target, "sourceHandle": "a", "targetHandle": f"{target}-input-document-x"}]
    if only_fills_a_store:
        parts.append((target, "chroma", category, {}))
        edges.append({"id": "f", "source": target, "target": "chain_0", "sourceHandle": "b", "targetHandle": "chain_0-input-retriever-x"})
    nodes = [
        {"id": node_id, "data": {"id": node_id, "name": name, "label": name, "category": group, "inputs": inputs}}
        for node_id, name, group, inputs in parts
    ]
    return json.dumps({"nodes": nodes, "edges": edges})


async def test_a_flow_that_reads_a_stored_file_is_refused_before_it_is_queued(
    services: WebServices, submitter: Any, admin: QuartClient, make_flow: Callable[..., Any]
) -> None:
    row, client = await make_flow(flowData=flow_with_file(only_fills_a_store=False)), client_of(services, PROBLEM)

    client.cookie_jar = admin.cookie_jar
    asked = await client.post(f"/api/v1/prediction/{row['id']}", json={"question": "x"})
    inside = await client.post(f"/api/v1/internal-prediction/{row['id']}", json={"question": "x"}, headers=INTERNAL)

    assert (asked.status_code, inside.status_code) == (503, 503) and (await asked.get_json())["message"] == PROBLEM
    assert submitter.requests == []


async def test_a_stored_file_that_only_fills_a_store_stops_the_upsert_and_no_prediction(
    services: WebServices, submitter: Any, upserts: Any, admin: QuartClient, make_flow: Callable[..., Any]
) -> None:
    row, client = await make_flow(flowData=flow_with_file(only_fills_a_store=True)), client_of(services, PROBLEM)
    client.cookie_jar = admin.cookie_jar

    asked = await client.post(f"/api/v1/prediction/{row['id']}", json={"question": "x"})
    upserted = await client.post(f"/api/v1/vector/upsert/{row['id']}", json={}, headers=INTERNAL)

    assert (asked.status_code, upserted.status_code) == (200, 503)
    assert len(submitter.requests) == 1 and upserts.requests == []


@pytest.mark.parametrize("override", [{"txtFile": 'FILE-STORAGE::["a.txt"]'}, {"loaders": [{"file_0": "FILE-STORAGE::a.txt"}]}])
async def test_a_request_that_names_a_stored_file_is_refused(
    services: WebServices, submitter: Any, make_flow: Callable[..., Any], override: dict[str, Any]
) -> None:
    row, client = await make_flow(), client_of(services, PROBLEM)

    answer = await client.post(f"/api/v1/prediction/{row['id']}", json={"question": "x", "overrideConfig": override})

    assert answer.status_code == 503 and submitter.requests == []


STORES = "/api/v1/document-store"
INTERNAL = {"x-request-from": "internal"}


async def test_loaders_with_files_are_refused_and_those_without_are_not(
    services: WebServices, upserts: Any, admin: QuartClient, tmp_path: Path
) -> None:
    client = client_of(services, PROBLEM)
    client.cookie_jar = admin.cookie_jar
    store = await (await client.post(f"{STORES}/store", json={"name": "s"}, headers=INTERNAL)).get_json()
    uri = "data:text/plain;base64,SGk=,filename:a.txt"
    codes = {}
    for label, config in (("file", {"txtFile": uri}), ("stored", {"txtFile": 'FILE-STORAGE::["a.txt"]'}), ("text", {"text": "words"})):
        loader = {"storeId": store["id"], "loaderId": "plainText", "loaderName": label, "loaderConfig": config}
        saved = await (await client.post(f"{STORES}/loader/save", json=loader, headers=INTERNAL)).get_json()
        answer = await client.post(f"{STORES}/loader/process/{saved['id']}", json={"storeId": store["id"]}, headers=INTERNAL)
        codes[label] = answer.status_code
    file = FileStorage(io.BytesIO(b"x"), filename="a.txt", name="files", content_type="text/plain")
    form = await client.post(f"{STORES}/upsert/{store['id']}", form={"x": "y"}, files={"files": file}, headers=INTERNAL)

    assert codes == {"file": 503, "stored": 503, "text": 200} and form.status_code == 503
    assert len(upserts.requests) == 1 and stored_files(tmp_path) == []
