"""Runs JavaScript of the flow's author."""

from __future__ import annotations

from flowisectl.engine.agentflow.js_values import MISSING, shown
from flowisectl.engine.agentflow.state_update import updated_state
from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_function import UserFunctionError, call_user_function
from flowisectl.nodes.agentflow._params import CATEGORY, update_state_param
from flowisectl.nodes.agentflow._speech import say


class CustomFunctionAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="customFunctionAgentflow",
        label="Custom Function",
        category=CATEGORY,
        version=1.1,
        base_classes=("CustomFunction",),
        description="Runs JavaScript of the flow's author",
        color="#E4B7FF",
        inputs=(
            NodeParam(
                "customFunctionInputVariables",
                "Input Variables",
                "array",
                optional=True,
                accept_variable=True,
                description="Values that the function sees under their names with a $ in front",
                array=(
                    NodeParam("variableName", "Variable Name", "string"),
                    NodeParam("variableValue", "Variable Value", "string", accept_variable=True),
                ),
            ),
            NodeParam("customFunctionJavascriptFunction", "Javascript Function", "code"),
            update_state_param("customFunction"),
        ),
    )

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        code = inputs.text("customFunctionJavascriptFunction")
        rows = inputs.rows("customFunctionInputVariables")
        flow = {
            "chatflowId": context.flow_id,
            "sessionId": context.session_id,
            "chatId": context.chat_id,
            "input": step.input or "",
            "state": step.state,
            "rawOutput": "",
            "chatHistory": [],
            "sourceDocuments": [],
            "usedTools": [],
            "artifacts": [],
            "fileAnnotations": [],
        }
        extra = {f"${row['variableName']}": row.get("variableValue") for row in rows if row.get("variableName")}
        try:
            result = await call_user_function(
                context, code, flow=flow, question=step.input or "", variables=step.variables, extra=extra, undefined=MISSING
            )
        except UserFunctionError as error:
            raise UserFunctionError(f"Error: {error}") from error
        # `null` is shown as a text, `undefined` is no content at all: what refers to it stays as it is written.
        content = "null" if result is None else shown(result)
        if result is not None and result is not MISSING:
            say(context, step, content)
        return StepResult(
            input={"inputVariables": inputs.values.get("customFunctionInputVariables", rows), "code": code},
            output={} if content is MISSING else {"content": content},
            state=updated_state(step.state, inputs.rows("customFunctionUpdateState"), content),
        )
