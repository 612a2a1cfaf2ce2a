"""One node made ready to run: its inputs with overrides and references resolved, and what its step knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowisectl.engine.agentflow.js_values import compact_json
from flowisectl.engine.agentflow.messages import PastMessages, form_lines, history_text, nothing_past
from flowisectl.engine.agentflow.plan import HISTORY, HUMAN_INPUT, VARIABLES, FlowPlan, mentioned
from flowisectl.engine.agentflow.state import AgentflowState
from flowisectl.engine.agentflow.step import Message, Step
from flowisectl.engine.agentflow.step_inputs import StepInputs
from flowisectl.engine.agentflow.variables import Scope, resolve_inputs
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow, FlowNode
from flowisectl.engine.node import NodeDefinition, NodeInputs
from flowisectl.engine.overrides import overridden_inputs, overridden_variables


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A node that may run, and the state that it runs in."""

    state: AgentflowState
    inputs: NodeInputs
    step: Step


async def prepare(
    flow: Flow,
    node: FlowNode,
    state: AgentflowState,
    *,
    context: RunContext,
    catalogue: NodeCatalogue,
    definition: NodeDefinition,
    plan: FlowPlan,
    past: PastMessages,
    iteration: Mapping[str, Any] | None = None,
    outer: Sequence[AgentflowState] = (),
) -> Prepared:
    """Make a node ready. `outer` are the states around an iteration, the nearest first; their nodes may be referred to as well."""
    last_action = state.executed[-1].output.get("humanInputAction") if state.executed else None
    human_input = state.human_input if state.human_input and state.human_input.get("startNodeId") == node.id else None
    if human_input is not None:
        # The stopped execution gives way to the one that goes on; later nodes that ask a human stop again.
        kept = tuple(item for item in state.executed if item.node_id != node.id)
        state = replace(state, executed=kept, human_input=None)
    read_past = nothing_past if state.forgets_past else past.read
    raw = overridden_inputs(flow, node, context.request.override_config)
    mentions = plan.mentions[node.id] if raw is node.inputs else mentioned(raw)
    variables: Mapping[str, Any] = {}
    if VARIABLES in mentions:
        variables = {**await context.variables.values(), **overridden_variables(flow, context.request.override_config)}
    messages: Sequence[Message] = ()
    if not mentions.isdisjoint(HISTORY):
        messages = [*await read_past(), *state.chat_history]
    scope = _scope(state, context, variables=variables, messages=messages, iteration=iteration, outer=outer)
    values = resolve_inputs(node, raw, scope, catalogue)
    if human_input is not None:
        values["humanInput"] = human_input
    credential = {}
    if definition.credential and node.credential_id:
        credential = dict(await context.credentials.fields(node.credential_id))
    step = Step(
        node=node,
        input=_input_of(context, state),
        read_past=read_past,
        chat_history=state.chat_history,
        state=state.values,
        form=state.form,
        webhook=state.webhook,
        is_last=iteration is None and (plan.is_end(node.id) or (node.name == HUMAN_INPUT and human_input is None)),
        can_stream=context.is_streaming and not context.is_tool_call,
        human_input=human_input,
        human_input_action=last_action,
        iteration=iteration,
        variables=variables,
        label_of=catalogue.label_of,
    )
    inputs = StepInputs(values, node_id=node.id, label=node.label, output=node.output, credential=credential, params=node.params)
    return Prepared(state=state, inputs=inputs, step=step)


def _scope(
    state: AgentflowState,
    context: RunContext,
    *,
    variables: Mapping[str, Any],
    messages: Sequence[Message],
    iteration: Mapping[str, Any] | None,
    outer: Sequence[AgentflowState],
) -> Scope:
    request = context.request
    runtime_length = max(0, len(state.chat_history) - 1)

    def output_of(node_id: str) -> Mapping[str, Any] | None:
        found = (level.last_output_of(node_id) for level in (state, *outer))
        return next((output for output in found if output is not None), None)

    return Scope(
        question=request.question,
        files_text=request.files_text,
        form=request.form or (state.form if isinstance(state.form, Mapping) else None),
        webhook=state.webhook,
        chat_history=lambda: history_text(messages),
        runtime_length=runtime_length,
        loop_count=state.last_loop_count,
        iteration=iteration,
        variables=variables,
        flow={
            "chatflowid": context.flow_id,
            "chatflowId": context.flow_id,
            "chatId": context.chat_id,
            "sessionId": context.session_id,
            "apiMessageId": context.message_id,
            "chatHistory": messages,
            "runtimeChatHistoryLength": runtime_length,
            "state": state.values,
        },
        output_of=output_of,
    )


def _input_of(context: RunContext, state: AgentflowState) -> str | None:
    """What the user put in, as text; None when there is nothing, as on a resume."""
    request = context.request
    if request.question or (request.has_question and request.files_text):
        return request.final_question
    if request.form:
        return form_lines(request.form)
    if state.webhook is not None and not request.human_input:
        return compact_json(state.webhook)
    return None
