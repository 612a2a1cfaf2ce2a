"""Leads back to an earlier node of sequential agents."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import LoopPart
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.sequential_agents._params import BEFORE_ENDS, CATEGORY, previous_param


class SeqLoop(Node):
    definition = NodeDefinition(
        name="seqLoop",
        label="Loop",
        category=CATEGORY,
        version=2.1,
        base_classes=("Loop",),
        description="Goes on with an earlier node",
        hide_output=True,
        inputs=(
            previous_param(BEFORE_ENDS),
            NodeParam("loopToName", "Loop To", "string", placeholder="Agent", description="The name of the node to go on with"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> LoopPart:
        return LoopPart(node_id=inputs.node_id, label=inputs.label, target=str(inputs.require("loopToName")))
