"""A fork in the way of sequential agents."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import RoutePart, Turn
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.nodes.sequential_agents._conditions import chosen_output
from flowisectl.nodes.sequential_agents._params import BEFORE_CONDITIONS, CATEGORY, condition_param, previous_param


class SeqCondition(Node):
    definition = NodeDefinition(
        name="seqCondition",
        label="Condition",
        category=CATEGORY,
        version=2.1,
        base_classes=("Condition",),
        description="Chooses where to go on by the state",
        inputs=(
            NodeParam("conditionName", "Condition Name", "string", optional=True, placeholder="If X, then Y"),
            previous_param(BEFORE_CONDITIONS),
            condition_param(),
        ),
        outputs=(NodeOutput("next", "Next", ("Condition",)), NodeOutput("end", "End", ("Condition",))),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> RoutePart:
        async def choose(turn: Turn) -> str:
            return await chosen_output(inputs, context, turn)

        return RoutePart(node_id=inputs.node_id, label=inputs.text("conditionName", inputs.label), choose=choose)
