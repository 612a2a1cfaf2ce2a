from __future__ import annotations

from sequential_turns import choose, turn_of

from flowisectl.nodes.sequential_agents.seq_condition_agent import SeqConditionAgent
from flowisectl.testing import PythonJavaScript, ScriptedChatModel


async def test_what_the_model_says_is_the_output_that_rows_look_at() -> None:
    model = ScriptedChatModel("TECHNICAL")
    inputs = {
        "systemMessagePrompt": "sort",
        "humanMessagePrompt": "which?",
        "conditionUI": '[{"variable": "$flow.output.content", "operation": "Is", "value": "TECHNICAL", "output": "Tech"}]',
    }

    assert await choose(SeqConditionAgent(), turn_of(model), inputs) == "Tech"
    assert model.calls[0].texts == [("system", "sort"), ("user", "question?"), ("user", "which?")]


async def test_structured_output_is_looked_at_by_its_members() -> None:
    model = ScriptedChatModel('{"route": "BILLING"}')
    inputs = {
        "conditionAgentStructuredOutput": '[{"key": "route", "type": "Enum", "enumValues": "BILLING, OTHER"}]',
        "conditionUI": '[{"variable": "$flow.output.route", "operation": "Is", "value": "BILLING", "output": "Billing"}]',
    }

    assert await choose(SeqConditionAgent(), turn_of(model), inputs) == "Billing"
    assert model.calls[0].options.json_schema is not None


async def test_code_sees_the_output() -> None:
    inputs = {"selectedConditionFunctionTab_n_0": "conditionFunction", "conditionFunction": "code"}
    javascript = PythonJavaScript({"code": lambda variables, _: variables["$flow"]["output"]["content"].title()})

    assert await choose(SeqConditionAgent(), turn_of(ScriptedChatModel("go on")), inputs, javascript=javascript) == "Go On"
