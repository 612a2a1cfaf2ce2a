"""Asks a chat model."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.agentflow.js_values import pretty_json, text_of
from flowisectl.engine.agentflow.state_update import updated_state
from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.context import RunContext
from flowisectl.engine.events import EventKind
from flowisectl.engine.node import NodeDefinition, NodeInputs
from flowisectl.errors import FlowError, RunStopped
from flowisectl.interfaces.chat_model import ChatOptions
from flowisectl.llm.structured_output import data_of, schema_of
from flowisectl.llm.tool_loop import call_json
from flowisectl.nodes.agentflow._conversation import Conversation, reply_message, shown_input
from flowisectl.nodes.agentflow._made_images import kept_images
from flowisectl.nodes.agentflow._model import Answer, ModelTalk, build_model, now_ms, reason_content, tell_closing, time_metadata
from flowisectl.nodes.agentflow._params import (
    CATEGORY,
    memory_params,
    messages_param,
    model_param,
    response_role_param,
    structured_output_param,
    update_state_param,
    user_message_param,
)
from flowisectl.nodes.agentflow._speech import say, tell

_PREFIX = "llm"


class LlmAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="llmAgentflow",
        label="LLM",
        category=CATEGORY,
        version=1.1,
        base_classes=("LLM",),
        description="Asks a chat model",
        color="#64B5F6",
        inputs=(
            model_param(_PREFIX),
            messages_param(_PREFIX),
            *memory_params(_PREFIX),
            user_message_param(_PREFIX),
            response_role_param(_PREFIX),
            structured_output_param(_PREFIX),
            update_state_param(_PREFIX),
        ),
    )
    abort_text = "Error in LLM node: This operation was aborted"

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        try:
            return await self._answer(inputs, context, step)
        except RunStopped:
            raise
        except Exception as error:
            raise FlowError(f"Error in LLM node: {error}") from error

    async def _answer(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        rows = inputs.rows("llmStructuredOutput")
        model = await build_model(inputs, context, _PREFIX)
        conversation = Conversation(inputs, context, step, model, _PREFIX)
        messages = await conversation.assemble()
        talk = ModelTalk(
            model=model,
            context=context,
            step=step,
            options=ChatOptions(json_schema=schema_of(rows)) if rows else ChatOptions(),
            may_stream=not rows,
        )
        start = now_ms()
        answer = await talk.ask(messages)
        data = data_of(answer.reply.text) if rows else None
        text: Any = answer.reply.text if data is None else data.get("content") or pretty_json(data)
        artifacts = await kept_images(context, answer.reply.images)
        tell(context, step, EventKind.ARTIFACTS, artifacts)
        if answer.was_streamed:
            tell_closing(context, step, [call_json(call) for call in answer.reply.tool_calls], answer.reply.usage)
        else:
            say(context, step, text)
        made = {"artifacts": artifacts} if artifacts else {}
        return StepResult(
            input=shown_input(inputs, _PREFIX, messages),
            output={"content": text, "timeMetadata": time_metadata(start), **(_told(answer) if data is None else data), **made},
            state=updated_state(step.state, inputs.rows("llmUpdateState"), text if isinstance(text, str) else text_of(text)),
            chat_history=conversation.said(reply_message(inputs, step, _PREFIX, text, made)),
        )


def _told(answer: Answer) -> dict[str, Any]:
    """What an answer that is no structured data comes with."""
    reply = answer.reply
    told: dict[str, Any] = {"calledTools": [call_json(call) for call in reply.tool_calls]}
    if reply.usage:
        told["usageMetadata"] = dict(reply.usage)
    if reply.response_metadata:
        told["responseMetadata"] = dict(reply.response_metadata)
    return {**told, **reason_content(answer)}
