"""A fork in the way of sequential agents that a model decides."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import RoutePart, Turn
from flowisectl.engine.legacy.values import shown_message
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.interfaces.chat_model import ChatModel, ChatOptions
from flowisectl.llm.structured_output import data_of
from flowisectl.nodes.sequential_agents._conditions import chosen_output
from flowisectl.nodes.sequential_agents._params import (
    BEFORE_CONDITIONS,
    CATEGORY,
    condition_param,
    human_param,
    model_param,
    previous_param,
    prompt_values_param,
    selection_param,
    structured_param,
    system_param,
)
from flowisectl.nodes.sequential_agents._prompt import prompt_messages
from flowisectl.nodes.sequential_agents._structured import row_schema
from flowisectl.nodes.sequential_agents._tables import table_rows

SYSTEM = "You sort conversations for a support desk: does the agent hand the user over to the technical team, or merely talk?"
HUMAN = "Read the conversation. Answer with the one word TECHNICAL when the user is handed over to the technical team, else CONVERSATION."


class SeqConditionAgent(Node):
    definition = NodeDefinition(
        name="seqConditionAgent",
        label="Condition Agent",
        category=CATEGORY,
        version=3.1,
        base_classes=("ConditionAgent",),
        description="Chooses where to go on by what a model says",
        inputs=(
            NodeParam("conditionAgentName", "Name", "string", placeholder="Condition Agent"),
            previous_param(BEFORE_CONDITIONS),
            model_param(),
            system_param(SYSTEM, additional=True),
            selection_param(),
            human_param(HUMAN),
            prompt_values_param(additional=True),
            structured_param("conditionAgentStructuredOutput"),
            condition_param(),
        ),
        outputs=(NodeOutput("next", "Next", ("Condition",)), NodeOutput("end", "End", ("Condition",))),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> RoutePart:
        async def choose(turn: Turn) -> str:
            model: ChatModel = inputs.get("model") or turn.model
            rows = table_rows(inputs, "conditionAgentStructuredOutput")
            messages = await prompt_messages(inputs, context, turn, model)
            reply = await model.invoke(messages, ChatOptions(json_schema=row_schema(rows)) if rows else ChatOptions())
            output = data_of(reply.text) if rows else shown_message(reply.to_message())
            return await chosen_output(inputs, context, turn, output)

        return RoutePart(node_id=inputs.node_id, label=inputs.text("conditionAgentName", inputs.label), choose=choose)
