"""What the tools share that run another flow: their inputs, and the run."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.engine.node import NodeInputs, NodeParam
from flowisectl.engine.other_flows import answer_of_flow
from flowisectl.errors import FlowisectlError, InvalidFlow, MissingInput, RunStopped, Unavailable
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.prompt_template import as_text
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters

PARAMS = (
    NodeParam("name", "Tool Name", "string"),
    NodeParam("description", "Tool Description", "string", rows=3),
    NodeParam("returnDirect", "Return Direct", "boolean", optional=True),
    NodeParam("overrideConfig", "Override Config", "json", optional=True, accept_variable=True, additional=True),
    NodeParam(
        "baseURL",
        "Base URL",
        "string",
        optional=True,
        additional=True,
        placeholder="https://flows.example",
        description="The server that has the flow, when this one does not",
    ),
    NodeParam("startNewSession", "Start new session per message", "boolean", default=False, optional=True, additional=True),
    NodeParam("useQuestionFromChat", "Use Question from Chat", "boolean", optional=True, additional=True),
    NodeParam("customInput", "Custom Input", "string", optional=True, additional=True, show={"useQuestionFromChat": False}),
)


def flow_tool(selected: str, key_field: str, inputs: NodeInputs, context: RunContext, *, name: str) -> Tool:
    """A tool that runs the flow whose id is in the input `selected`. `name` is the tool's usual one.

    A flow that fails gives an empty answer and a line in the trace. Raises MissingInput, InvalidFlow.
    """
    flow_id = inputs.text(selected)
    if not flow_id:
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no flow to run: select one")
    if flow_id == context.flow_id:
        raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}) would run the flow that it belongs to: select another one")
    override = inputs.json("overrideConfig")

    async def run(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
        question = as_text(arguments.get("input") or "")
        if inputs.flag("useQuestionFromChat"):
            question = context.request.question
        elif inputs.get("customInput"):
            question = inputs.text("customInput")
        starts_session = inputs.flag("startNewSession")
        chat_id = str(uuid.uuid4()) if starts_session else context.chat_id
        session_id = str(uuid.uuid4()) if starts_session else context.session_id
        config = {"sessionId": session_id, **(override if isinstance(override, Mapping) else {})}
        request = RunRequest(question=question, override_config=config)
        try:
            answer = await answer_of_flow(
                flow_id, request, context, chat_id=chat_id, base_url=inputs.text("baseURL").strip(), api_key=inputs.secret(key_field)
            )
        except FlowisectlError as error:
            if isinstance(error, RunStopped | Unavailable):
                raise
            context.trace.note(f"the flow {flow_id} that a tool ran failed: {error}")
            return ""
        return str(answer.get("text") or "")

    spec = ToolSpec(
        name=re.sub(r"[^a-z0-9_-]", "", inputs.text("name", name).lower().replace(" ", "_")) or name,
        description=inputs.text("description"),
        parameters=parameters({"input": {"type": "string", "description": "input question"}}, ("input",)),
    )
    return FunctionTool(spec=spec, function=run, return_direct=inputs.flag("returnDirect"))
