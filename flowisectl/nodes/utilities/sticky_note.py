"""A note for those who look at the flow."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam


class StickyNote(Node):
    """No flow builds it: notes are left out when a flow is read. An editor asks for what it is."""

    definition = NodeDefinition(
        name="stickyNote",
        label="Sticky Note",
        category="Utilities",
        version=2.0,
        base_classes=("StickyNote",),
        description="A note for those who look at the flow",
        tags=("Utilities",),
        inputs=(NodeParam("note", "Note", "string", optional=True, placeholder="Type something here", rows=1),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> str:
        return inputs.text("note")
