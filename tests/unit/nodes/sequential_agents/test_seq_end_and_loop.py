from __future__ import annotations

import pytest
from sequential_turns import part_of

from flowisectl.engine.legacy.parts import EndPart, LoopPart
from flowisectl.errors import MissingInput
from flowisectl.nodes.sequential_agents.seq_end import SeqEnd
from flowisectl.nodes.sequential_agents.seq_loop import SeqLoop


async def test_an_end_is_an_end() -> None:
    assert await part_of(SeqEnd(), {}) == EndPart(node_id="n_0", label="The Node")


async def test_a_loop_names_where_it_goes() -> None:
    assert await part_of(SeqLoop(), {"loopToName": "Writer"}) == LoopPart(node_id="n_0", label="The Node", target="Writer")


async def test_a_loop_without_a_target_is_refused() -> None:
    with pytest.raises(MissingInput, match="'loopToName'"):
        await part_of(SeqLoop(), {"loopToName": ""})
