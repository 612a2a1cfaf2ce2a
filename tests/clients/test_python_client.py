"""The package `flowise` from PyPI: answers at once and in a stream, with and without a key."""

from __future__ import annotations

import json
from typing import Any

import pytest

flowise = pytest.importorskip("flowise", reason="the package `flowise` is not installed")
import requests  # noqa: E402
from flowise.client import IMessage  # noqa: E402

pytestmark = pytest.mark.slow


def ask(stack: Any, flow_id: str, key: str = "", **members: Any) -> list[Any]:
    client = flowise.Flowise(stack.url, key)
    return list(client.create_prediction(flowise.PredictionData(chatflowId=flow_id, question="Count", **members)))


def test_an_answer_comes_as_data(stack: Any) -> None:
    [answer] = ask(stack, stack.make_flow())

    assert answer["text"] == "one two three" and answer["question"] == "Count" and answer["chatId"] and answer["chatMessageId"]


def test_a_stream_comes_as_events(stack: Any) -> None:
    events = [json.loads(text) for text in ask(stack, stack.make_flow(), streaming=True)]

    kinds = [event["event"] for event in events]
    assert "".join(event["data"] for event in events if event["event"] == "token") == "one two three"
    assert kinds[0] == "agentFlowEvent" and kinds[-2:] == ["metadata", "end"]


def test_overrides_history_and_uploads_are_taken(stack: Any) -> None:
    flow_id = stack.make_flow()
    history = [IMessage(message="hi", type="userMessage", role="userMessage", content="hi")]

    [answer] = ask(stack, flow_id, overrideConfig={"sessionId": "from-python"}, history=history, uploads=[])

    assert answer["sessionId"] == "from-python"
    assert {message["sessionId"] for message in stack.messages(flow_id)} == {"from-python"}


def test_a_flow_with_a_key_wants_it(stack: Any) -> None:
    made = stack.owner.post("/api/v1/apikey", json={"keyName": "python", "permissions": ["chatflows:view"]}).json()
    row = next(item for item in made if item["keyName"] == "python")
    flow_id = stack.make_flow(apikeyid=row["id"])

    assert ask(stack, flow_id, row["apiKey"])[0]["text"] == "one two three"
    with pytest.raises(requests.HTTPError, match="401"):
        ask(stack, flow_id)


def test_an_unknown_flow_is_an_exception(stack: Any) -> None:
    with pytest.raises(requests.HTTPError):
        ask(stack, "6f2f2c1e-8c4c-4f0f-9d1c-2a8f7e0b1c11")
