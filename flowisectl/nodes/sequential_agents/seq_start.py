"""Where sequential agents begin: their model, their memory, their state."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import HeadPart, StatePart
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.sequential_agents._params import CATEGORY


class SeqStart(Node):
    definition = NodeDefinition(
        name="seqStart",
        label="Start",
        category=CATEGORY,
        version=2.0,
        base_classes=("Start",),
        description="Where sequential agents begin",
        inputs=(
            NodeParam("model", "Chat Model", "BaseChatModel", description="For every node that has no model of its own"),
            NodeParam("agentMemory", "Agent Memory", "BaseCheckpointSaver", optional=True, description="Keeps the state of a session"),
            NodeParam("state", "State", "State", optional=True, description="Values that nodes read and change"),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> HeadPart:
        state = inputs.get("state")
        return HeadPart(
            node_id=inputs.node_id,
            label=inputs.label,
            model=inputs.require("model"),
            remembers=inputs.get("agentMemory") is not None,
            moderations=inputs.items("inputModeration"),
            channels=state.channels if isinstance(state, StatePart) else {},
        )
