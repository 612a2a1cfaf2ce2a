"""JavaScript of the flow's author among sequential agents."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import Turn, Update, WorkPart
from flowisectl.engine.legacy.values import flow_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_function import call_user_function, variables_of
from flowisectl.nodes.sequential_agents._params import CATEGORY, previous_param, return_value_param
from flowisectl.nodes.sequential_agents._prompt import input_values
from flowisectl.nodes.sequential_agents._returned import returned


class SeqCustomFunction(Node):
    definition = NodeDefinition(
        name="seqCustomFunction",
        label="Custom JS Function",
        category=CATEGORY,
        version=1.0,
        base_classes=("CustomFunction",),
        description="Runs JavaScript of the flow's author",
        inputs=(
            NodeParam("functionInputVariables", "Input Variables", "json", optional=True, list=True, accept_variable=True),
            previous_param(),
            NodeParam("functionName", "Function Name", "string", placeholder="My Function"),
            NodeParam("javascriptFunction", "Javascript Function", "code", description="Returns a text, or an object for the state"),
            return_value_param(),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> WorkPart:
        label = inputs.text("functionName", inputs.label)

        async def act(turn: Turn) -> Update:
            values = await input_values(inputs, context, turn.state, "functionInputVariables")
            result = await call_user_function(
                context,
                inputs.text("javascriptFunction"),
                flow=flow_of(context, turn.state),
                question=context.request.final_question,
                variables=await variables_of(context, inputs),
                extra={f"${name}": value for name, value in values.items()},
            )
            return returned(inputs, label, result)

        return WorkPart(node_id=inputs.node_id, label=label, act=act)
