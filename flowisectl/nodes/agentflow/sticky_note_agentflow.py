"""A note for those who look at the agentflow."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.agentflow._params import CATEGORY


class StickyNoteAgentflow(Node):
    """No flow runs it: notes are left out when a flow is read. An editor asks for what it is."""

    definition = NodeDefinition(
        name="stickyNoteAgentflow",
        label="Sticky Note",
        category=CATEGORY,
        version=1.0,
        base_classes=("StickyNote",),
        description="A note for those who look at the agentflow",
        color="#fee440",
        inputs=(NodeParam("note", "Note", "string", optional=True, placeholder="Type something here", rows=1),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> str:
        return inputs.text("note")
