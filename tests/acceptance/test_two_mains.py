"""Two servers over one queue: limits count together, logins and keys hold at both, a change at one shows at the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from acceptance_program import Program, function_flow

EMAIL, PASSWORD = "ada@example.com", "Right-horse-9"
SECONDS = 20.0


@dataclass(frozen=True)
class Pair:
    first: httpx.Client
    second: httpx.Client
    waiting: Program

    def make_flow(self, **members: object) -> str:
        """A flow that greets, made at the first server; gives its id."""
        body = {"name": "greeter", "type": "CHATFLOW", "flowData": json.dumps(function_flow()), **members}
        answer = self.first.post("/api/v1/chatflows", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def key(self, name: str) -> tuple[str, str]:
        """A new API key, made at the first server, and the id of its row."""
        rows = self.first.post("/api/v1/apikey", json={"keyName": name, "permissions": ["chatflows:view"]}).json()
        row = next(row for row in rows if row["keyName"] == name)
        return row["apiKey"], row["id"]


def hook_flow(mode: str) -> str:
    """An agentflow that a webhook call starts, and that says thanks."""
    start = {"startInputType": "webhookTrigger", "webhookMethod": "POST", "webhookResponseMode": mode}
    parts = (("startAgentflow_0", "startAgentflow", start), ("reply_0", "directReplyAgentflow", {"directReplyMessage": "thanks"}))
    shared = {"category": "Agent Flows", "inputParams": [], "outputs": {}}
    nodes = [
        {"id": node_id, "type": "agentFlow", "data": {"id": node_id, "name": name, "label": name, "inputs": inputs, **shared}}
        for node_id, name, inputs in parts
    ]
    edge = {"id": "e", "source": "startAgentflow_0", "target": "reply_0", "sourceHandle": "", "targetHandle": "reply_0"}
    return json.dumps({"nodes": nodes, "edges": [edge]})


def ask(client: httpx.Client, flow_id: str, **headers: str) -> httpx.Response:
    # Without the cookies of whoever is logged in: these are strangers.
    request = client.build_request("POST", f"/api/v1/prediction/{flow_id}", json={"question": "you"}, headers=headers)
    request.headers.pop("cookie", None)
    request.headers.pop("x-request-from", None)
    return client.send(request)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("two-mains")
    first, second = Program(folder), Program(Path(tmp_path_factory.mktemp("second-main")))
    second.data_dir = first.data_dir
    first.start("start", "--role", "all-in-one")
    try:
        first.wait_for("ready: http")
        redis_url = json.loads((first.data_dir / "flowisectl-runtime.json").read_text())["redis_url"]
        second.start("start", MODE="queue", REDIS_URL=redis_url)
        second.wait_for("listening on")
        assert first.run("user", "create", "--email", EMAIL, "--password", PASSWORD).returncode == 0
        urls = [f"http://127.0.0.1:{program.port}" for program in (first, second)]
        internal = {"x-request-from": "internal"}
        with (
            httpx.Client(base_url=urls[0], headers=internal, timeout=SECONDS, trust_env=False) as one,
            httpx.Client(base_url=urls[1], headers=internal, timeout=SECONDS, trust_env=False) as two,
        ):
            assert one.post("/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD}).status_code == 200
            two.cookies.update(one.cookies)
            yield Pair(one, two, first)
    finally:
        for program in (second, first):
            if program.process is not None and program.process.poll() is None:
                program.end()


def test_a_rate_limit_counts_requests_at_both(pair: Pair) -> None:
    limit = {"rateLimit": {"status": True, "limitMax": "3", "limitDuration": "3600", "limitMsg": "Slow down"}}
    flow_id = pair.make_flow(apiConfig=json.dumps(limit))

    answers = [ask(client, flow_id) for client in (pair.first, pair.second, pair.first, pair.second, pair.first)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers[:3]] == ["2", "1", "0"]
    assert answers[3].text == "Slow down" and int(answers[3].headers["retry-after"]) > 3000


def test_a_limit_that_is_changed_at_one_holds_at_the_other(pair: Pair) -> None:
    flow_id = pair.make_flow()
    assert ask(pair.second, flow_id).status_code == 200
    limit = {"rateLimit": {"limitMax": 1, "limitDuration": 3600, "limitMsg": "No more"}}

    pair.first.put(f"/api/v1/chatflows/{flow_id}", json={"apiConfig": json.dumps(limit)})
    pair.waiting.wait_until(lambda: ask(pair.second, flow_id).status_code == 429)

    assert ask(pair.first, flow_id).text == "No more"


def test_allowed_origins_that_are_changed_at_one_hold_at_the_other(pair: Pair) -> None:
    flow_id = pair.make_flow()
    shop, other = "https://shop.example", "https://other.example"
    assert ask(pair.second, flow_id, Origin=other).status_code == 200
    config = {"allowedOrigins": [shop], "allowedOriginsError": "Not from here"}

    pair.first.put(f"/api/v1/chatflows/{flow_id}", json={"chatbotConfig": json.dumps(config)})
    pair.waiting.wait_until(lambda: ask(pair.second, flow_id, Origin=other).status_code == 403)

    refused, allowed = ask(pair.second, flow_id, Origin=other), ask(pair.second, flow_id, Origin=shop)
    assert refused.json()["message"] == "Not from here" and "access-control-allow-origin" not in refused.headers
    assert allowed.status_code == 200 and allowed.headers["access-control-allow-origin"] == shop


def test_a_flow_that_is_bound_to_a_key_runs_with_that_key_only(pair: Pair) -> None:
    key, key_id = pair.key("right")
    wrong, _ = pair.key("wrong")
    flow_id = pair.make_flow(apikeyid=key_id)

    for client in (pair.first, pair.second):
        assert ask(client, flow_id, Authorization=f"Bearer {key}").status_code == 200
        for authorization in (f"Bearer {wrong}", "Bearer x", ""):
            refused = ask(client, flow_id, Authorization=authorization)
            assert refused.status_code == 401 and "Unauthorized" in refused.json()["message"]


def test_a_key_that_is_deleted_at_one_opens_nothing_at_the_other(pair: Pair) -> None:
    key, key_id = pair.key("short-lived")
    headers = {"Authorization": f"Bearer {key}", "x-request-from": ""}
    assert pair.second.get("/api/v1/chatflows", headers=headers).status_code == 200

    pair.first.delete(f"/api/v1/apikey/{key_id}")

    pair.waiting.wait_until(lambda: pair.second.get("/api/v1/chatflows", headers=headers).status_code == 401)


def test_a_login_at_one_holds_at_the_other_until_it_ends(pair: Pair) -> None:
    with httpx.Client(base_url=pair.first.base_url, headers={"x-request-from": "internal"}, timeout=SECONDS, trust_env=False) as visitor:
        visitor.post("/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.cookies.jar)

        def at_the_other() -> int:
            return httpx.get(f"{pair.second.base_url}/api/v1/user", headers={"x-request-from": "internal", "cookie": cookies}).status_code

        assert at_the_other() == 200
        visitor.post("/api/v1/account/logout")

        assert at_the_other() == 401


@pytest.mark.parametrize(("mode", "status"), [("sync", 200), ("stream", 200), ("async", 202)])
def test_a_listener_at_one_sees_the_webhook_calls_of_the_other(pair: Pair, mode: str, status: int) -> None:
    flow_id = pair.make_flow(type="AGENTFLOW", flowData=hook_flow(mode))
    listener = pair.second.post(f"/api/v1/webhook-listener/{flow_id}/register").json()["listenerId"]
    with pair.second.stream("GET", f"/api/v1/webhook-listener/{flow_id}/stream/{listener}") as stream:
        events = (json.loads(line[5:]) for line in stream.iter_lines() if line.startswith("data:"))
        ready = next(events)
        called = httpx.post(f"{pair.first.base_url}/api/v1/webhook/{flow_id}", json={"x": 1}, timeout=SECONDS)
        seen = []
        for event in events:
            seen.append(event)
            if event["event"] == "executionEnd":
                break

    dropped = pair.second.delete(f"/api/v1/webhook-listener/{flow_id}/listener/{listener}").json()
    gone = pair.second.get(f"/api/v1/webhook-listener/{flow_id}/stream/{listener}")
    assert ready["event"] == "listenerReady" and ready["data"]["listenerId"] == listener
    assert called.status_code == status, called.text
    kinds = [event["event"] for event in seen]
    assert kinds[0] == "agentFlowEvent" and "token" in kinds and kinds[-2:] == ["metadata", "executionEnd"]
    assert seen[-1]["data"]["chatId"] == seen[-2]["data"]["chatId"]
    assert dropped == {"ok": True} and gone.status_code == 404
