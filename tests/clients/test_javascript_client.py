"""The package `flowise-sdk` from npm, in Node: answers at once and in a stream, with and without a key."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SCRIPT = """
import sdk from "flowise-sdk";
const { FlowiseClient } = sdk;
const { baseUrl, apiKey, body } = JSON.parse(process.argv[2]);
const client = new FlowiseClient({ baseUrl, apiKey });
try {
  const answer = await client.createPrediction(body);
  if (!body.streaming) console.log(JSON.stringify(answer));
  else for await (const chunk of answer) console.log(JSON.stringify(chunk));
} catch (error) {
  console.log(JSON.stringify({ failed: String(error.message || error) }));
}
"""


def ask(stack: Any, folder: Path, flow_id: str, key: str = "", **members: Any) -> list[Any]:
    script = folder / "ask.mjs"
    script.write_text(SCRIPT)
    given = {"baseUrl": stack.url, "apiKey": key or None, "body": {"chatflowId": flow_id, "question": "Count", **members}}
    node = shutil.which("node") or "node"
    done = subprocess.run([node, str(script), json.dumps(given)], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_answer_comes_as_data(stack: Any, npm_folder: Path) -> None:
    [answer] = ask(stack, npm_folder, stack.make_flow())

    assert answer["text"] == "one two three" and answer["chatMessageId"]


def test_a_stream_comes_as_events(stack: Any, npm_folder: Path) -> None:
    events = ask(stack, npm_folder, stack.make_flow(), streaming=True)

    assert "".join(event["data"] for event in events if event["event"] == "token") == "one two three"
    assert [event["event"] for event in events][-2:] == ["metadata", "end"]


def test_a_flow_with_a_key_wants_it(stack: Any, npm_folder: Path) -> None:
    made = stack.owner.post("/api/v1/apikey", json={"keyName": "node", "permissions": ["chatflows:view"]}).json()
    row = next(item for item in made if item["keyName"] == "node")
    flow_id = stack.make_flow(apikeyid=row["id"])

    assert ask(stack, npm_folder, flow_id, row["apiKey"])[0]["text"] == "one two three"
    assert ask(stack, npm_folder, flow_id)[0]["statusCode"] == 401
    assert "401" in ask(stack, npm_folder, flow_id, streaming=True)[-1]["failed"]
