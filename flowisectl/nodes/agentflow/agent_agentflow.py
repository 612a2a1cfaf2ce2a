"""A chat model that uses tools until it can answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flowisectl.engine.agentflow.js_values import pretty_json
from flowisectl.engine.agentflow.state_update import updated_state
from flowisectl.engine.agentflow.step import AgentflowNode, Message, Step, StepResult
from flowisectl.engine.context import RunContext
from flowisectl.engine.events import EventKind, FlowEvent
from flowisectl.engine.node import NodeDefinition, NodeInputs
from flowisectl.errors import FlowError, RunStopped
from flowisectl.interfaces.chat_model import ChatModel, ChatOptions, ChatReply
from flowisectl.interfaces.message import ToolCall
from flowisectl.llm.structured_output import data_of, schema_of
from flowisectl.llm.tool_loop import ToolLoop, call_json, total_tokens, unanswered, used_before
from flowisectl.nodes.agentflow._agent_params import AGENT_INPUTS, PREFIX
from flowisectl.nodes.agentflow._agent_tools import AgentTools, gather_tools
from flowisectl.nodes.agentflow._conversation import Conversation, reply_message, shown_input
from flowisectl.nodes.agentflow._made_images import kept_images
from flowisectl.nodes.agentflow._model import Answer, ModelTalk, build_model, now_ms, reason_content, tell_closing, time_metadata
from flowisectl.nodes.agentflow._params import CATEGORY
from flowisectl.nodes.agentflow._speech import say, tell
from flowisectl.nodes.agentflow._tools import flow_of


class AgentAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="agentAgentflow",
        label="Agent",
        category=CATEGORY,
        version=3.2,
        base_classes=("Agent",),
        description="A chat model that uses tools until it can answer",
        color="#4DD0E1",
        inputs=AGENT_INPUTS,
    )
    abort_text = "Error in Agent node: This operation was aborted"

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        try:
            return await _Turn(inputs, context, step).take()
        except RunStopped:
            raise
        except Exception as error:
            raise FlowError(f"Error in Agent node: {error}") from error


class _Turn:
    """One turn of one agent."""

    def __init__(self, inputs: NodeInputs, context: RunContext, step: Step) -> None:
        self._inputs = inputs
        self._context = context
        self._step = step
        self._rows = inputs.rows("agentStructuredOutput")
        self._last = Answer(reply=ChatReply())

    async def take(self) -> StepResult:
        model = await build_model(self._inputs, self._context, PREFIX)
        tools = await gather_tools(self._inputs, self._context, self._step)
        conversation = Conversation(self._inputs, self._context, self._step, model, PREFIX)
        start = now_ms()
        if self._step.human_input is None:
            messages = await conversation.assemble(adds_input_after_summary=True)
            loop = self._loop(model, tools, messages)
            final = await loop.run(await loop.ask(loop.messages))
        else:
            loop, final = await self._resume(model, tools)
        data = await self._structured(model, final.text) if self._rows and not loop.waits else None
        content = final.text if data is None else f"```json\n{pretty_json(data)}\n```"
        self._tell(loop, final, content)
        return self._result(loop, final, content, data or {}, conversation, tools, start)

    def _loop(self, model: ChatModel, tools: AgentTools, messages: Sequence[Message]) -> ToolLoop:
        talk = ModelTalk(
            model=model,
            context=self._context,
            step=self._step,
            options=ChatOptions(tools=tuple(tool.spec for tool in tools.by_name.values()), provider_tools=tools.of_provider),
            may_stream=not self._rows,
        )

        async def ask(conversation: Sequence[Message]) -> ChatReply:
            self._last = await talk.ask(conversation)
            reply = self._last.reply
            loop.used_tools += [dict(call) for call in reply.provider_calls]
            loop.artifacts += await kept_images(self._context, reply.images)
            return reply

        loop = ToolLoop(
            tools=tools.by_name,
            ask=ask,
            flow=flow_of(self._context, self._step),
            messages=list(messages),
            needs_approval=tools.needs_approval if self._step.iteration is None else frozenset(),
            on_called=lambda calls: self._emit(EventKind.CALLED_TOOLS, calls),
            on_used=lambda used: self._emit(EventKind.USED_TOOLS, list(used)),
            on_text=lambda text: say(self._context, self._step, text),
            on_held=lambda text: self._emit(EventKind.TOKEN, text),
        )
        return loop

    def _emit(self, kind: EventKind, data: Any) -> None:
        # Tool calls are told wherever the node stands, also inside iterations.
        if self._step.can_stream:
            self._context.events.emit(FlowEvent(kind, data))

    async def _resume(self, model: ChatModel, tools: AgentTools) -> tuple[ToolLoop, ChatReply]:
        """Go on with what the model had asked for when the run stopped: with its tools, or after a rejection without any."""
        action = self._step.human_input_action or {}
        messages = ((action.get("data") or {}).get("input") or {}).get("messages") or []
        asked_at, calls = unanswered(messages)
        if not calls:
            raise FlowError("there is no tool call that waits for an answer; ask the question again")
        self._emit(EventKind.CALLED_TOOLS, _told_calls(calls))
        spent = total_tokens(messages[asked_at].get("usage_metadata"))
        decision = (self._step.human_input or {}).get("type")
        if decision not in ("proceed", "reject"):
            raise FlowError(f"humanInput.type must be 'proceed' or 'reject', not {decision!r}; send the answer again")
        if decision == "proceed":
            loop = self._loop(model, tools, messages)
            loop.tokens, loop.used_tools = spent, used_before(messages)
            return loop, await loop.resume(calls)
        # Whoever rejects a call is answered without any tool, as clients know it.
        loop = self._loop(model, replace(tools, by_name={}, of_provider=()), messages[:asked_at])
        loop.used_tools = used_before(messages)
        reply = await loop.ask(loop.messages)
        loop.tokens = spent + total_tokens(reply.usage)
        return loop, await loop.run(reply)

    async def _structured(self, model: ChatModel, text: str) -> dict[str, Any]:
        """The answer as data, which a call of its own makes of the text."""
        options = ChatOptions(json_schema=schema_of(self._rows))
        talk = ModelTalk(model=model, context=self._context, step=self._step, options=options, may_stream=False)
        asked = f"Convert the following response to the structured output format: {text}"
        answer = await talk.ask([{"role": "user", "content": asked}])
        return data_of(answer.reply.text)

    def _tell(self, loop: ToolLoop, final: ChatReply, content: str) -> None:
        """What a last node tells at its end. When it waits for a human, the question has been said already."""
        context, step = self._context, self._step
        tell(context, step, EventKind.USED_TOOLS, loop.used_tools)
        tell(context, step, EventKind.SOURCE_DOCUMENTS, [document.to_json() for document in loop.source_documents])
        tell(context, step, EventKind.ARTIFACTS, loop.artifacts)
        if loop.waits:
            if self._last.was_streamed:
                tell_closing(context, step, _told_calls(final.tool_calls), final.usage)
            return
        if self._last.was_streamed:
            tell_closing(context, step, [call_json(call) for call in final.tool_calls], final.usage)
        elif final is self._last.reply or self._rows:
            if final.reasoning and self._step.speaks:
                self._emit(EventKind.THINKING, final.reasoning)
            say(context, step, content)

    def _result(
        self,
        loop: ToolLoop,
        final: ChatReply,
        content: str,
        data: dict[str, Any],
        conversation: Conversation,
        tools: AgentTools,
        start: int,
    ) -> StepResult:
        output: dict[str, Any] = {
            "content": content,
            "timeMetadata": time_metadata(start),
        }
        # What is said of the answer is not said of the data that a call of its own made of it.
        if not data:
            output["calledTools"] = [call_json(call) for call in final.tool_calls]
        if final.usage and not data:
            total = total_tokens(final.usage) + loop.tokens
            output["usageMetadata"] = {**final.usage, "total_tokens": total, "tool_call_tokens": loop.tokens}
        elif loop.tokens:
            output["usageMetadata"] = {"total_tokens": loop.tokens, "tool_call_tokens": loop.tokens}
        if final.response_metadata and not data:
            output["responseMetadata"] = dict(final.response_metadata)
        extra: dict[str, Any] = {}
        if loop.used_tools:
            output["usedTools"] = extra["usedTools"] = loop.used_tools
        if loop.source_documents:
            output["sourceDocuments"] = [document.to_json() for document in loop.source_documents]
        if loop.artifacts:
            output["artifacts"] = extra["artifacts"] = loop.artifacts
        if tools.shown:
            output["availableTools"] = tools.shown
        if loop.waits:
            output["isWaitingForHumanInput"] = True
        output |= {**reason_content(self._last), **data}
        state_output = pretty_json(data) if data else content
        return StepResult(
            input=shown_input(self._inputs, PREFIX, loop.messages),
            output=output,
            state=updated_state(self._step.state, self._inputs.rows("agentUpdateState"), state_output),
            chat_history=conversation.said(reply_message(self._inputs, self._step, PREFIX, content, extra)),
            stops=loop.waits,
        )


def _told_calls(calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
    """Calls that have no result yet, as events tell them."""
    return [{"tool": call.name, "toolInput": call.arguments, "toolOutput": ""} for call in calls]
