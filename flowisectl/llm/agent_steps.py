"""What a client that asks for it hears of an agent's steps: which tool is called with what, and what comes of it.

Each step is `{step, name?, input?, output?, error?, action?, runId, parentRunId}`: one run id for each call, one parent for the answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flowisectl.interfaces.message import ToolCall
from flowisectl.llm.prompt_template import as_text

Tell = Callable[[Mapping[str, Any]], None]


class StepTeller:
    """Tells the steps of one answer; calls may overlap."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._parent_id = str(uuid.uuid4())

    def called(self, call: ToolCall) -> str:
        """The model asks for a tool, which starts. Gives the id of this call's run."""
        run_id = str(uuid.uuid4())
        self._say("agent_action", run_id, action={"tool": call.name, "toolInput": dict(call.arguments)})
        self._say("tool_start", run_id, name=call.name, input=as_text(call.arguments))
        return run_id

    def ended(self, run_id: str, call: ToolCall, output: str, error: str) -> None:
        """The tool gave its output, or failed."""
        if error:
            self._say("tool_error", run_id, name=call.name, error=error)
        else:
            self._say("tool_end", run_id, name=call.name, output=output)

    def _say(self, step: str, run_id: str, **members: Any) -> None:
        self._tell({"step": step, **members, "runId": run_id, "parentRunId": self._parent_id})
