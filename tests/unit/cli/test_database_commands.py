"""Commands that talk to the database directly; no server runs."""

from __future__ import annotations

import io
import json
import uuid
from pathlib import Path

import pytest

PASSWORD = "Right-horse-9"


def flow_file(tmp_path: Path, name: str = "Echo Chatflow.json", node: str = "customFunction") -> Path:
    code = {"functionInputVariables": "", "functionName": "echo", "tools": "", "javascriptFunction": "return $flow.input"}
    data = {
        "id": f"{node}_0",
        "name": node,
        "label": "Echo",
        "category": "Utilities",
        "inputs": code,
        "outputs": {"output": "EndingNode"},
        "inputParams": [],
    }
    file = tmp_path / name
    file.write_text(json.dumps({"nodes": [{"id": data["id"], "type": "customNode", "data": data}], "edges": []}))
    return file


def test_import_prints_the_new_id_alone(flowisectl, tmp_path: Path) -> None:
    ended = flowisectl("flows", "import", str(flow_file(tmp_path)))

    assert ended.status == 0
    assert str(uuid.UUID(ended.out.strip())) == ended.out.strip()
    assert ended.err == ""


def test_import_warns_of_a_node_that_is_not_known_and_imports_all_the_same(flowisectl, tmp_path: Path) -> None:
    ended = flowisectl("flows", "import", str(flow_file(tmp_path, node="brandNewThing")))

    assert ended.status == 0
    assert uuid.UUID(ended.out.strip())
    assert "warning: node brandNewThing_0 is a 'brandNewThing'" in ended.err
    assert "flowisectl nodes list" in ended.err


def test_a_flow_is_listed_shown_exported_and_deleted(flowisectl, tmp_path: Path) -> None:
    flow_id = flowisectl("flows", "import", str(flow_file(tmp_path))).out.strip()

    listed = json.loads(flowisectl("flows", "list", "--json").out)
    shown = flowisectl("flows", "show", "Echo").out
    exported = json.loads(flowisectl("flows", "export", flow_id[:8]).out)
    deleted = flowisectl("flows", "delete", flow_id, "--yes")

    assert [(row["id"], row["name"], row["type"]) for row in listed] == [(flow_id, "Echo", "CHATFLOW")]
    assert "flowData" not in listed[0]
    assert "✓ customFunction_0" in shown
    assert exported["nodes"][0]["data"]["inputs"]["javascriptFunction"] == "return $flow.input"
    assert (deleted.status, deleted.out) == (0, f"Echo ({flow_id}) deleted\n")
    assert json.loads(flowisectl("flows", "list", "--json").out) == []


def test_an_export_imports_again(flowisectl, tmp_path: Path) -> None:
    first = flowisectl("flows", "import", str(flow_file(tmp_path))).out.strip()

    flowisectl("flows", "export", first, "-o", str(tmp_path / "again.json"))
    second = flowisectl("flows", "import", str(tmp_path / "again.json"), "--name", "Second")

    assert second.status == 0
    assert second.out.strip() != first


def test_a_flow_that_is_not_there_is_named_with_what_to_do(flowisectl) -> None:
    ended = flowisectl("flows", "show", "nobody")

    assert ended.status == 1
    assert ended.err.startswith("flowisectl: there is no flow nobody in ")
    assert "flowisectl flows list" in ended.err


def test_two_flows_of_one_name_need_an_id(flowisectl, tmp_path: Path) -> None:
    ids = [flowisectl("flows", "import", str(flow_file(tmp_path))).out.strip() for _ in range(2)]

    ended = flowisectl("flows", "show", "Echo")

    assert ended.status == 1
    assert all(flow_id in ended.err for flow_id in ids)


def test_delete_asks_first(flowisectl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flow_id = flowisectl("flows", "import", str(flow_file(tmp_path))).out.strip()

    ended = flowisectl("flows", "delete", flow_id)

    assert ended.status == 1
    assert len(json.loads(flowisectl("flows", "list", "--json").out)) == 1


def test_a_key_needs_an_account_first(flowisectl) -> None:
    ended = flowisectl("apikey", "create", "ci")

    assert ended.status == 1
    assert "flowisectl user create" in ended.err


def test_a_key_is_printed_alone_once_and_then_only_its_end(flowisectl) -> None:
    flowisectl("user", "create", "--email", "me@example.com", "--password", PASSWORD)

    created = flowisectl("apikey", "create", "ci")
    listed = flowisectl("apikey", "list", "--json").out

    key = created.out.strip()
    assert created.status == 0
    assert len(key) == 43 and created.err == ""
    assert key not in listed
    assert json.loads(listed)[-1]["key"].endswith(key[-4:])


def test_a_revoked_key_is_gone(flowisectl) -> None:
    flowisectl("user", "create", "--email", "me@example.com", "--password", PASSWORD)
    key = flowisectl("apikey", "create", "ci").out.strip()

    revoked = flowisectl("apikey", "revoke", key)
    again = flowisectl("apikey", "revoke", key)

    assert revoked.status == 0 and revoked.out.startswith("key ci (") and key not in revoked.out
    assert again.status == 1
    assert key not in again.err


def test_the_first_account_is_made_and_a_second_is_refused(flowisectl) -> None:
    first = flowisectl("user", "create", "--email", "me@example.com", "--password", PASSWORD)
    same = flowisectl("user", "create", "--email", "ME@example.com", "--password", PASSWORD)
    other = flowisectl("user", "create", "--email", "you@example.com", "--password", PASSWORD)

    assert first.status == 0 and first.out.startswith("account me@example.com made in SQLite database ")
    assert [row["email"] for row in json.loads(flowisectl("user", "list", "--json").out)] == ["me@example.com"]
    assert same.status == 1 and "set-password" in same.err
    assert other.status == 1


@pytest.mark.parametrize(("email", "password", "why"), [("me", PASSWORD, "no e-mail address"), ("me@example.com", "short", "too weak")])
def test_an_account_that_the_server_would_refuse_is_refused(flowisectl, email: str, password: str, why: str) -> None:
    ended = flowisectl("user", "create", "--email", email, "--password", password)

    assert ended.status == 1
    assert why in ended.err
    assert password not in ended.err or password == "short"


def test_a_password_is_changed(flowisectl) -> None:
    flowisectl("user", "create", "--email", "me@example.com", "--password", PASSWORD)

    changed = flowisectl("user", "set-password", "--email", "me@example.com", "--password", "Other-horse-8")
    nobody = flowisectl("user", "set-password", "--email", "no@example.com", "--password", "Other-horse-8")

    assert changed.status == 0 and "me@example.com" in changed.out
    assert nobody.status == 1


def test_nodes_are_listed_and_shown(flowisectl) -> None:
    listed = json.loads(flowisectl("nodes", "list", "--json").out)
    shown = flowisectl("nodes", "show", "chatOpenAI").out
    missing = flowisectl("nodes", "show", "openai")

    assert {"chatOpenAI", "llmChain"} <= {item["name"] for item in listed}
    assert "basepath" in shown
    assert missing.status == 1 and "chatOpenAI" in missing.err


def test_where_nobody_can_be_asked_a_password_comes_in_a_variable(flowisectl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n{PASSWORD}\n"))

    refused = flowisectl("user", "create", "--email", "me@example.com")
    monkeypatch.setenv("FLOWISECTL_PASSWORD", PASSWORD)
    made = flowisectl("user", "create", "--email", "me@example.com")

    assert refused.status == 1 and "FLOWISECTL_PASSWORD" in refused.err
    assert made.status == 0, made.err


def test_a_credential_that_is_not_stored_is_warned_of_at_the_import(flowisectl, tmp_path: Path) -> None:
    ended = flowisectl("flows", "import", str(flow_file(tmp_path)), "--credential", "customFunction_0=nobody")

    assert ended.status == 0 and uuid.UUID(ended.out.strip())
    assert "--credential customFunction_0=nobody: there is no such credential" in ended.err
    assert "POST /api/v1/credentials" in ended.err
