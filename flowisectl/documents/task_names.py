"""What the jobs of the lane `upsert` are called, beside the filling of a chatflow's store (`documents/request.py`)."""

from __future__ import annotations

PREVIEW, PROCESS, INSERT, QUERY, ERASE, UPSERT, REFRESH = "preview", "process", "insert", "query", "erase", "upsert", "refresh"
DESCRIBE = "describe"
"""All these are on a document store; what follows is on components."""

FUNCTION, INSTRUCTION, TOOLS, CALL_TOOL, DRAFT = "function", "instruction", "tools", "call-tool", "draft"
COMPONENT_TASKS = (FUNCTION, INSTRUCTION, TOOLS, CALL_TOOL, DRAFT)
FLOW_TASKS = (TOOLS, CALL_TOOL)
"""Those that need the flow that `target_id` names."""
