"""What people may see of flows, credentials and executions."""

from __future__ import annotations

import json

import pytest

from flowisectl.engine.flow import parse_flow
from flowisectl.errors import InvalidRequest
from flowisectl.storage.file_types import check_file_type, input_of
from flowisectl.web.catalogue.credential_fields import BLANK, BULLETS, merged_fields, revealed_fields, shown_fields
from flowisectl.web.flows.sanitised import sanitised, without_credentials
from flowisectl.web.flows.upload_offer import any_enabled, upload_offer
from flowisectl.web.json_text import from_json, to_json
from flowisectl.web.requests.dates import date_of

TYPES = {"key": "password", "address": "url", "region": "string"}
FIELDS = {"key": "k", "address": "redis://u:p@h:1/0", "region": "eu"}


def test_passwords_are_blank_and_urls_keep_all_but_their_password() -> None:
    assert shown_fields(FIELDS, TYPES) == {"key": BLANK, "address": f"redis://u:{BULLETS}@h:1/0", "region": "eu"}
    assert revealed_fields(FIELDS, TYPES) == {"key": BLANK, "address": "redis://u:p@h:1/0", "region": BLANK}


def test_of_an_unknown_type_everything_is_hidden() -> None:
    assert shown_fields(FIELDS, None) == revealed_fields(FIELDS, None) == dict.fromkeys(FIELDS, BLANK)


def test_a_value_that_stands_for_a_hidden_one_changes_nothing() -> None:
    given = {"key": BLANK, "address": f"redis://u:{BULLETS}@h", "region": "us", "new": "n"}

    assert merged_fields(FIELDS, given) == {**FIELDS, "region": "us", "new": "n"}


@pytest.mark.parametrize("text", ["", "no json", "[]", "5", "null"])
def test_a_flow_that_cannot_be_read_is_shown_empty(text: str) -> None:
    assert json.loads(sanitised(text)) == {"nodes": [], "edges": []}


@pytest.mark.parametrize(
    "headers",
    [
        {"COOKIE": "secret", "x": 1},
        '{"X-Api-Key": "secret", "x": 1}',
        [{"key": "x-auth-token", "value": "secret"}, {"key": "x", "value": 1}],
    ],
)
def test_headers_that_authenticate_are_not_shown_in_any_form(headers: object) -> None:
    node = {"id": "n", "data": {"inputs": {"headers": headers, "config": {"FLOWISE_CREDENTIAL_ID": "secret", "a": 1}}}}

    shown = sanitised(json.dumps({"nodes": [node, "odd", {"data": 5}], "edges": []}))

    assert "secret" not in shown
    assert '"a":1' in shown


def test_executions_lose_credentials_at_any_depth() -> None:
    data = [{"a": [{"credential": "s1", "b": {"FLOWISE_CREDENTIAL_ID": "s2", "credentialId": "s3", "c": 1}}]}]

    assert json.loads(without_credentials(json.dumps(data))) == [{"a": [{"b": {"c": 1}}]}]
    assert without_credentials("no json") == "no json"


def test_an_offer_tells_images_files_and_speech() -> None:
    nodes = [
        {"id": "m", "data": {"name": "m", "category": "Chat Models", "inputs": {"allowImageUploads": True}}},
        {"id": "l", "data": {"name": "l", "category": "Document Loaders", "inputs": {},
                             "inputParams": [{"name": "f", "type": "file", "fileType": ".txt, .md"}]}},
        {"id": "v", "data": {"name": "v", "category": "Vector Stores", "inputs": {"fileUpload": True}}},
    ]  # fmt: skip
    edges = [{"id": "e", "source": "l", "target": "v"}]
    speech = json.dumps({"none": {"status": True}, "own": {"status": False}})

    offer = upload_offer(parse_flow(json.dumps({"nodes": nodes, "edges": edges}), speech_to_text=speech))

    assert offer == {
        "isSpeechToTextEnabled": False,
        "isImageUploadAllowed": True,
        "isRAGFileUploadAllowed": True,
        "imgUploadSizeAndTypes": [{"fileTypes": ["image/gif", "image/jpeg", "image/png", "image/webp", ""], "maxUploadSize": 5}],
        "fileUploadSizeAndTypes": [{"fileTypes": [".txt", ".md"], "maxUploadSize": 500}],
    }
    assert any_enabled({"own": {"status": True}})


def test_a_model_inside_an_agentflow_node_may_take_images_too() -> None:
    node = {
        "id": "n",
        "data": {"name": "llmAgentflow", "category": "Agent Flows", "inputs": {"llmModelConfig": {"allowImageUploads": True}}},
    }

    assert upload_offer(parse_flow({"nodes": [node], "edges": []}))["isImageUploadAllowed"] is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02", "2026-01-02T00:00:00.000Z"),
        ("2026-01-02T03:04:05.6Z", "2026-01-02T03:04:05.600Z"),
        ("2026-01-02T03:04:05 02:00", "2026-01-02T01:04:05.000Z"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05.000Z"),
        ("", None),
        (None, None),
    ],
)
def test_dates_of_queries_become_utc(text: str | None, expected: str | None) -> None:
    assert date_of(text) == expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text/plain"),
        ("a.JPEG", "image/jpeg"),
        ("a.oga", "audio/ogg"),
        ("a.webm", "audio/webm;codecs=opus"),
        ("a.b.yaml", "text/yaml"),
    ],
)
def test_files_whose_name_fits_their_type_pass(name: str, kind: str) -> None:
    check_file_type(name, kind)


@pytest.mark.parametrize(
    ("name", "kind"), [("a.yml", "text/yaml"), ("a.txt", "text/x-own"), ("a.", "text/plain"), ("txt", "text/plain"), ("", "")]
)
def test_files_whose_name_does_not_fit_are_refused(name: str, kind: str) -> None:
    with pytest.raises(InvalidRequest):
        check_file_type(name, kind)


def test_a_files_input_follows_its_extension() -> None:
    names = ("a.pdf", "a.xlsx", "a.doc", "a.jsonl", "a.yaml", "a.json", "a.PDF", "a")

    assert [input_of(name) for name in names] == [
        "pdfFile", "csvFile", "docxFile", "jsonlinesFile", "yamlFile", "jsonFile", "txtFile", "txtFile",
    ]  # fmt: skip


def test_json_is_compact_and_keeps_what_javascript_keeps() -> None:
    assert to_json({"a": "größe/", "b": [1, None]}) == '{"a":"größe/","b":[1,null]}'.encode()
    assert to_json({"n": 2**70}) == b'{"n":1180591620717411303424}'
    assert to_json({"s": "\ud800x"}) == b'{"s":"\\ud800x"}'
    assert from_json(b'{"a\\ud800":["\\uD83D","\\ud83d\\ude00"]}') == {"a\ufffd": ["\ufffd", "\U0001f600"]}


@pytest.mark.parametrize("text", [b'{"s":"\\ud800","n":NaN}', b'{"s":"\\ud800"', b'"\\ud800"' + b"[" * 100_000])
def test_json_that_is_none_is_refused_with_surrogates_too(text: bytes) -> None:
    with pytest.raises(InvalidRequest):
        from_json(text)
