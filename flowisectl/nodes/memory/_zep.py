"""What the Zep memories share: the inputs that say under which names messages are kept."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam
from flowisectl.nodes.memory._session import MEMORY_KEY

_UNUSED = "Not used: question and answer are kept as they are"
NAMES = (
    NodeParam("aiPrefix", "AI Prefix", "string", default="ai", additional=True),
    NodeParam("humanPrefix", "Human Prefix", "string", default="human", additional=True),
    MEMORY_KEY,
    NodeParam("inputKey", "Input Key", "string", default="input", additional=True, description=_UNUSED),
    NodeParam("outputKey", "Output Key", "string", default="text", additional=True, description=_UNUSED),
)
