"""Asks a human whether to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.agentflow.messages import message_text
from flowisectl.engine.agentflow.step import AgentflowNode, Message, Step, StepResult
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeDefinition, NodeInputs, NodeOutput, NodeParam, Option
from flowisectl.errors import FlowError, RunStopped
from flowisectl.interfaces.chat_model import ChatOptions
from flowisectl.nodes.agentflow._model import ModelTalk, build_model
from flowisectl.nodes.agentflow._params import CATEGORY, model_param
from flowisectl.nodes.agentflow._speech import say

_PREFIX = "humanInput"
_QUESTION = "Do you want to proceed?"
_PROMPT = (
    "<p>Sum up what the user and the assistant have said. Repeat the assistant's last message in full. "
    "Then ask the user whether to go on, or what should be different.</p>"
)


class HumanInputAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="humanInputAgentflow",
        label="Human Input",
        category=CATEGORY,
        version=1.0,
        base_classes=("HumanInput",),
        description="Asks a human whether to go on",
        color="#6E6EFD",
        inputs=(
            NodeParam(
                "humanInputDescriptionType",
                "Description Type",
                "options",
                options=(Option("Fixed", "fixed", "Ask with a text of your own"), Option("Dynamic", "dynamic", "Have a model ask")),
            ),
            NodeParam(
                "humanInputDescription",
                "Description",
                "string",
                accept_variable=True,
                rows=4,
                placeholder="Shall this be sent?",
                show={"humanInputDescriptionType": "fixed"},
            ),
            model_param(_PREFIX, show={"humanInputDescriptionType": "dynamic"}),
            NodeParam(
                "humanInputModelPrompt",
                "Prompt",
                "string",
                _PROMPT,
                accept_variable=True,
                rows=4,
                show={"humanInputDescriptionType": "dynamic"},
            ),
            NodeParam("humanInputEnableFeedback", "Enable Feedback", "boolean", True),
        ),
        outputs=(NodeOutput("proceed", "Proceed"), NodeOutput("reject", "Reject")),
    )
    abort_text = "Error in Human Input node: This operation was aborted"

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        """First the question, which stops the run; on the resume what the human answered, as the choice of a branch."""
        if step.iteration is not None:
            # Nobody can be waited for there, and to go on unasked would be worse: the item ends here.
            raise FlowError(f"node {inputs.node_id!r} cannot wait for a human inside an iteration: ask before it or after it")
        past = [_bare(message) for message in await step.read_past()]
        messages = [*past, *step.chat_history]
        if step.human_input is not None:
            return _decided(step.human_input, messages)
        if inputs.text("humanInputDescriptionType") == "dynamic":
            content = await self._composed(inputs, context, step, messages)
        else:
            last = message_text(messages[-1]) if messages else ""
            content = "\n\n".join(part for part in (last, inputs.text("humanInputDescription", _QUESTION)) if part)
            say(context, step, content)
        shown: dict[str, Any] = {"messages": messages, "humanInputEnableFeedback": inputs.values.get("humanInputEnableFeedback")}
        return StepResult(input=shown, output={"content": content}, chat_history=[{"role": "assistant", "content": content}], stops=True)

    async def _composed(self, inputs: NodeInputs, context: RunContext, step: Step, messages: Sequence[Message]) -> str:
        """The question as a model puts it."""
        try:
            model = await build_model(inputs, context, _PREFIX)
            talk = ModelTalk(model=model, context=context, step=step, options=ChatOptions())
            answer = await talk.ask([*messages, {"role": "user", "content": inputs.text("humanInputModelPrompt")}])
        except RunStopped:
            raise
        except Exception as error:
            raise FlowError(f"Error in Human Input node: {error}") from error
        if not answer.was_streamed:
            say(context, step, answer.reply.text)
        return answer.reply.text


def _bare(message: Message) -> Message:
    return {name: value for name, value in message.items() if name != "additional_kwargs"}


def _decided(human_input: Mapping[str, Any], messages: Sequence[Message]) -> StepResult:
    kind = str(human_input.get("type") or "")
    if kind not in ("proceed", "reject"):
        raise FlowError(f"humanInput.type must be 'proceed' or 'reject', not {kind!r}; send the answer again")
    feedback = str(human_input.get("feedback") or "")
    extra = {"feedback": feedback} if feedback else {}
    answer: Message = {"role": "user", "content": feedback or kind}
    return StepResult(
        input={**human_input, "messages": [*messages, answer]},
        output={
            "content": feedback or kind,
            "conditions": [
                {"type": name, "startNodeId": human_input.get("startNodeId"), **extra, "isFulfilled": name == kind}
                for name in ("proceed", "reject")
            ],
        },
        chat_history=[answer] if feedback else None,
    )
