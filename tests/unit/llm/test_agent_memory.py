from __future__ import annotations

from typing import Any

import pytest

from flowisectl.llm.agent_memory import remembered
from flowisectl.testing import ScriptedChatModel

PAST = [{"role": "user" if number % 2 else "assistant", "content": f"m{number}"} for number in range(1, 7)]


async def contents(kind: str, model: ScriptedChatModel | None = None, **options: Any) -> list[str]:
    found = await remembered(PAST, kind=kind, model=model or ScriptedChatModel(), **options)
    return [message["content"] for message in found]


@pytest.mark.parametrize("kind", ["allMessages", "", "something new"])
async def test_everything_is_remembered_unless_asked_otherwise(kind: str) -> None:
    assert await contents(kind) == ["m1", "m2", "m3", "m4", "m5", "m6"]


@pytest.mark.parametrize(
    ("window", "kept"), [(1, ["m5", "m6"]), (2, ["m3", "m4", "m5", "m6"]), (50, [f"m{n}" for n in range(1, 7)]), (0, [])]
)
async def test_a_window_counts_exchanges(window: int, kept: list[str]) -> None:
    assert await contents("windowSize", window=window) == kept


async def test_a_summary_is_one_message_that_the_model_makes_of_all() -> None:
    model = ScriptedChatModel("SUM")

    assert await contents("conversationSummary", model) == ["SUM"]

    assert "user: m1\nassistant: m2" in model.calls[0].texts[0][1]
    assert model.calls[0].texts[0][0] == "user"


async def test_nothing_is_summarised_when_there_is_nothing() -> None:
    assert await remembered([], kind="conversationSummary", model=ScriptedChatModel()) == []


async def test_a_buffer_under_its_limit_keeps_everything_and_asks_nobody() -> None:
    assert await contents("conversationSummaryBuffer", token_limit=2000) == ["m1", "m2", "m3", "m4", "m5", "m6"]


@pytest.mark.parametrize(("has_system", "role"), [(False, "system"), (True, "user")])
async def test_a_buffer_over_its_limit_summarises_the_oldest(has_system: bool, role: str) -> None:
    model = ScriptedChatModel("SUM")

    found = await remembered(PAST, kind="conversationSummaryBuffer", model=model, token_limit=8, has_system=has_system)

    assert found[0] == {"role": role, "content": "Previous conversation summary: SUM"}
    kept = [message["content"] for message in found[1:]]
    assert kept == [f"m{number}" for number in range(7 - len(kept), 7)]
    assert 0 < len(kept) < 6
    assert f"m{6 - len(kept)}" in model.calls[0].texts[0][1]
    assert kept[0] not in model.calls[0].texts[0][1]


async def test_only_the_text_of_messages_with_images_is_summarised() -> None:
    model = ScriptedChatModel("SUM")
    past = [{"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "data:secret"}}]}]

    await remembered(past, kind="conversationSummary", model=model)

    assert "user: look" in model.calls[0].texts[0][1]
    assert "secret" not in model.calls[0].texts[0][1]
