"""Where sequential agents end."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import EndPart
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.sequential_agents._params import BEFORE_ENDS, CATEGORY


class SeqEnd(Node):
    definition = NodeDefinition(
        name="seqEnd",
        label="End",
        category=CATEGORY,
        version=2.1,
        base_classes=("End",),
        description="Where sequential agents end",
        hide_output=True,
        inputs=(NodeParam("sequentialNode", "Sequential Node", BEFORE_ENDS, description="The node that comes before this one"),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EndPart:
        return EndPart(node_id=inputs.node_id, label=inputs.label)
