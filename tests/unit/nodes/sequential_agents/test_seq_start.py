from __future__ import annotations

import pytest
from sequential_turns import part_of

from flowisectl.engine.legacy.channels import Channel
from flowisectl.engine.legacy.parts import AgentMemory, StatePart
from flowisectl.errors import MissingInput
from flowisectl.nodes.sequential_agents.seq_start import SeqStart
from flowisectl.testing import ScriptedChatModel


async def test_it_hands_model_memory_and_state_to_the_graph() -> None:
    model, channels = ScriptedChatModel(), {"a": Channel()}
    inputs = {
        "model": model,
        "agentMemory": AgentMemory(node_id="m_0", label="m"),
        "state": StatePart(node_id="s_0", label="s", channels=channels),
    }

    part = await part_of(SeqStart(), inputs)

    assert part.model is model and part.remembers and part.channels == channels


async def test_memory_and_state_may_be_missing() -> None:
    part = await part_of(SeqStart(), {"model": ScriptedChatModel(), "agentMemory": "", "state": ""})

    assert not part.remembers and part.channels == {}


async def test_a_missing_model_is_named() -> None:
    with pytest.raises(MissingInput, match="'model'"):
        await part_of(SeqStart(), {})
