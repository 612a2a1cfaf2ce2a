"""Lets an agent run an agentflow."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import FlowisectlError, InvalidFlow, MissingInput, RunStopped, Unavailable
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.prompt_template import as_text
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters


class AgentAsTool(Node):
    definition = NodeDefinition(
        name="agentAsTool",
        label="Agent as Tool",
        category="Tools",
        version=1.0,
        base_classes=("AgentAsTool", "Tool"),
        description="Lets an agent run an agentflow",
        credential=CredentialParam(("agentflowApi",), optional=True),
        inputs=(
            NodeParam("selectedAgentflow", "Select Agent", "asyncOptions", load_method="listAgentflows"),
            NodeParam("name", "Tool Name", "string"),
            NodeParam("description", "Tool Description", "string", rows=3),
            NodeParam("returnDirect", "Return Direct", "boolean", optional=True),
            NodeParam("overrideConfig", "Override Config", "json", optional=True, accept_variable=True, additional=True),
            NodeParam("baseURL", "Base URL", "string", optional=True, additional=True),
            NodeParam("startNewSession", "Start new session per message", "boolean", default=False, optional=True, additional=True),
            NodeParam("useQuestionFromChat", "Use Question from Chat", "boolean", optional=True, additional=True),
            NodeParam("customInput", "Custom Input", "string", optional=True, additional=True, show={"useQuestionFromChat": False}),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        flow_id = inputs.text("selectedAgentflow")
        if not flow_id:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no agentflow to run: select one")
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
            session_id = chat_id if starts_session else context.session_id
            request = RunRequest(
                question=question, override_config={"sessionId": session_id, **(override if isinstance(override, Mapping) else {})}
            )
            try:
                answer = await context.flows.run(flow_id, request, context, chat_id=chat_id, api_key=inputs.secret("agentflowApiKey"))
            except FlowisectlError as error:
                if isinstance(error, RunStopped | Unavailable):
                    raise
                context.trace.note(f"the agentflow {flow_id} that a tool ran failed: {error}")
                return ""
            return str(answer.get("text") or "")

        name = re.sub(r"[^a-z0-9_-]", "", inputs.text("name", "agentflow_tool").lower().replace(" ", "_"))
        spec = ToolSpec(
            name=name or "agentflow_tool",
            description=inputs.text("description"),
            parameters=parameters({"input": {"type": "string", "description": "The question to ask"}}, ("input",)),
        )
        return FunctionTool(spec=spec, function=run, return_direct=inputs.flag("returnDirect"))
