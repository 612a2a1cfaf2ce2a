"""Has a chat model choose a branch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flowisectl.engine.agentflow.js_values import compact_json
from flowisectl.engine.agentflow.step import AgentflowNode, Message, Step, StepResult
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.errors import FlowError, RunStopped
from flowisectl.interfaces.chat_model import ChatModel, ChatOptions
from flowisectl.llm.structured_output import data_of
from flowisectl.nodes.agentflow._conversation import Conversation
from flowisectl.nodes.agentflow._model import ModelTalk, build_model, now_ms, time_metadata
from flowisectl.nodes.agentflow._params import CATEGORY, memory_params, model_param
from flowisectl.nodes.agentflow._routing_prompt import example_of, prompt_of
from flowisectl.texts.conversations import CONDITION_AGENT

_PREFIX = "conditionAgent"


class ConditionAgentAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="conditionAgentAgentflow",
        label="Condition Agent",
        category=CATEGORY,
        version=2.0,
        base_classes=("ConditionAgent",),
        description="Has a chat model choose a branch",
        color="#ff8fab",
        inputs=(
            model_param(_PREFIX),
            NodeParam(
                "conditionAgentInstructions",
                "Instructions",
                "string",
                accept_variable=True,
                rows=4,
                description="What the model should pay attention to",
            ),
            NodeParam(
                "conditionAgentInput",
                "Input",
                "string",
                '<p><span class="variable" data-type="mention" data-id="question" data-label="question">{{ question }}</span> </p>',
                accept_variable=True,
                rows=4,
                description="What is to be sorted into a scenario",
            ),
            NodeParam(
                "conditionAgentScenarios",
                "Scenarios",
                "array",
                [{"scenario": ""}, {"scenario": ""}],
                description="The branches; the last is taken when the model's answer fits none",
                array=(NodeParam("scenario", "Scenario", "string", placeholder="The user wants to order something"),),
            ),
            *memory_params(_PREFIX),
            NodeParam(
                "conditionAgentOverrideSystemPrompt",
                "Override System Prompt",
                "boolean",
                optional=True,
                description="Use a system prompt of your own",
            ),
            NodeParam(
                "conditionAgentSystemPrompt",
                "Condition Agent System Prompt",
                "string",
                CONDITION_AGENT.ours,
                optional=True,
                accept_variable=True,
                rows=4,
                description="The answer must stay a JSON object with the member output",
                show={"conditionAgentOverrideSystemPrompt": True},
            ),
        ),
        outputs=(NodeOutput("0", "0"), NodeOutput("1", "1")),
    )
    abort_text = "Error in Condition Agent node: This operation was aborted"

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        try:
            return await self._choose(inputs, context, step)
        except RunStopped:
            raise
        except Exception as error:
            raise FlowError(f"Error in Condition Agent node: {error}") from error

    async def _choose(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        scenarios = [str(row.get("scenario") or "") for row in inputs.rows("conditionAgentScenarios")]
        if not scenarios:
            raise FlowError("the node has no scenarios: add at least one")
        model = await build_model(inputs, context, _PREFIX)
        conversation = Conversation(inputs, context, step, model, _PREFIX)
        messages, remembered = await self._messages(inputs, context, step, conversation, scenarios)
        start = now_ms()
        reply = (await self._talk(model, context, step).ask(messages)).reply
        chosen = match_scenario(_answer_in(reply.text), scenarios)
        output: dict[str, Any] = {
            "conditions": [{"output": scenario, "isFulfilled": index == chosen} for index, scenario in enumerate(scenarios)],
            "content": reply.text,
            "timeMetadata": time_metadata(start),
        }
        if reply.usage:
            output["usageMetadata"] = dict(reply.usage)
        if reply.response_metadata:
            output["responseMetadata"] = dict(reply.response_metadata)
        shown = [*remembered, {"role": "user", "content": _readable(inputs, scenarios)}]
        said = conversation.said() if step.is_first and step.input is not None else []
        return StepResult(input={"messages": shown}, output=output, chat_history=said)

    def _talk(self, model: ChatModel, context: RunContext, step: Step) -> ModelTalk:
        return ModelTalk(model=model, context=context, step=step, options=ChatOptions(), may_stream=False)

    async def _messages(
        self, inputs: NodeInputs, context: RunContext, step: Step, conversation: Conversation, scenarios: Sequence[str]
    ) -> tuple[list[Message], list[Message]]:
        """The system prompt, a worked example, what the memory keeps, and the question to decide; and what the memory keeps alone."""
        built_in = context.texts.of(CONDITION_AGENT)
        default = prompt_of(str((step.node.params.get("conditionAgentSystemPrompt") or {}).get("default") or built_in))
        own = inputs.text("conditionAgentSystemPrompt") if inputs.flag("conditionAgentOverrideSystemPrompt") else ""
        messages: list[Message] = [{"role": "system", "content": own or default}]
        if example := example_of(default) or example_of(prompt_of(built_in)) or example_of(prompt_of(CONDITION_AGENT.ours)):
            messages += [{"role": "user", "content": example[0]}, {"role": "assistant", "content": example[1]}]
        conversation.messages += messages
        before = len(conversation.messages)
        if conversation.has_memory:
            await conversation.remember(with_input=False)
        parts = (inputs.text("conditionAgentInput"), compact_json(list(scenarios)), inputs.text("conditionAgentInstructions"))
        # Existing flows send their texts unquoted.
        question = '{{"input": {}, "scenarios": {}, "instruction": {}}}'.format(*parts)
        return [*conversation.messages, {"role": "user", "content": question}], conversation.messages[before:]


def _readable(inputs: NodeInputs, scenarios: Sequence[str]) -> str:
    """The question to decide, as the execution shows it."""
    numbered = "\n".join(f"{number}. {scenario}" for number, scenario in enumerate(scenarios, start=1))
    asked, instruction = inputs.text("conditionAgentInput"), inputs.text("conditionAgentInstructions")
    return f"### Input\n{asked}\n\n### Scenarios\n{numbered}\n\n### Instruction\n{instruction}"


def _answer_in(text: str) -> str:
    try:
        answer = data_of(text).get("output")
    except ValueError:
        answer = None
    if not isinstance(answer, str):
        raise FlowError(
            "Failed to parse a valid scenario from the LLM's response. Please check if the model is capable of following JSON output "
            f'instructions. Raw LLM Response: "{text}"'
        )
    return answer


def match_scenario(answer: str, scenarios: Sequence[str]) -> int:
    """The position of the scenario that an answer means: equal, begun by it, or one containing the other; else the last."""
    wanted = answer.lower()
    known = [scenario.lower() for scenario in scenarios]
    for index, scenario in enumerate(known):
        if scenario == wanted:
            return index
    for index, scenario in enumerate(known):
        if scenario.startswith(wanted):
            return index
    for index, scenario in enumerate(known):
        if wanted in scenario or scenario in wanted:
            return index
    return len(scenarios) - 1
