"""The inputs that nodes of sequential agents share, and how their tabs are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.node import NodeInputs, NodeParam, Option

CATEGORY = "Sequential Agents"

ALL = "Start | Agent | Condition | LLMNode | ToolNode | CustomFunction | ExecuteFlow"
BEFORE_CONDITIONS = "Start | Agent | LLMNode | ToolNode | CustomFunction | ExecuteFlow"
BEFORE_ENDS = "Agent | Condition | LLMNode | ToolNode | CustomFunction | ExecuteFlow"

UPDATE_TAB = "selectedUpdateStateMemoryTab"
UPDATE_TABLE = "updateStateMemoryUI"
UPDATE_CODE = "updateStateMemoryCode"
CONDITION_TAB = "selectedConditionFunctionTab"
CONDITION_TABLE = "conditionUI"
CONDITION_CODE = "conditionFunction"

APPROVAL = "These tools are about to be called: {tools}. Ask the user in one or two sentences whether to go ahead."


def previous_param(types: str = ALL) -> NodeParam:
    return NodeParam("sequentialNode", "Sequential Node", types, list=True, description="The nodes that come before this one")


def model_param() -> NodeParam:
    return NodeParam("model", "Chat Model", "BaseChatModel", optional=True, description="Instead of the Start node's model")


def system_param(default: str | None = None, *, additional: bool = False) -> NodeParam:
    return NodeParam("systemMessagePrompt", "System Prompt", "string", default, optional=True, rows=4, additional=additional)


def human_param(default: str | None = None) -> NodeParam:
    return NodeParam(
        "humanMessagePrompt",
        "Human Prompt",
        "string",
        default,
        optional=True,
        rows=4,
        additional=True,
        description="Said after all messages",
    )


def history_params() -> tuple[NodeParam, NodeParam]:
    return (
        NodeParam(
            "messageHistory",
            "Prepend Messages History",
            "code",
            optional=True,
            additional=True,
            description="JavaScript that returns messages to stand before the conversation, such as worked examples",
        ),
        selection_param(),
    )


def selection_param() -> NodeParam:
    return NodeParam(
        "conversationHistorySelection",
        "Conversation History",
        "options",
        "all_messages",
        optional=True,
        additional=True,
        description="What the model sees of the conversation",
        options=(
            Option("User Question", "user_question", "The question of this request alone"),
            Option("Last Conversation Message", "last_message", "The last message alone"),
            Option("All Conversation Messages", "all_messages", "Everything that was said"),
            Option("Empty", "empty", "Nothing: the prompts say it all"),
        ),
    )


def prompt_values_param(*, additional: bool = False) -> NodeParam:
    return NodeParam(
        "promptValues",
        "Format Prompt Values",
        "json",
        optional=True,
        list=True,
        accept_variable=True,
        additional=additional,
        description="Values of the variables in the prompts",
    )


def structured_param(name: str) -> NodeParam:
    columns: tuple[Mapping[str, Any], ...] = (
        {"field": "key", "headerName": "Key", "editable": True},
        {
            "field": "type",
            "headerName": "Type",
            "type": "singleSelect",
            "valueOptions": ["String", "String Array", "Number", "Boolean", "Enum"],
            "editable": True,
        },
        {"field": "enumValues", "headerName": "Enum Values", "editable": True},
        {"field": "description", "headerName": "Description", "flex": 1, "editable": True},
    )
    return NodeParam(
        name,
        "JSON Structured Output",
        "datagrid",
        optional=True,
        additional=True,
        datagrid=columns,
        description="The members of the object that the model must answer with",
    )


def approval_params() -> tuple[NodeParam, NodeParam, NodeParam]:
    return (
        NodeParam(
            "approvalPrompt",
            "Approval Prompt",
            "string",
            APPROVAL,
            optional=True,
            rows=4,
            additional=True,
            description="Only with approval",
        ),
        NodeParam("approveButtonText", "Approve Button Text", "string", "Yes", optional=True, additional=True),
        NodeParam("rejectButtonText", "Reject Button Text", "string", "No", optional=True, additional=True),
    )


def interrupt_param() -> NodeParam:
    return NodeParam("interrupt", "Require Approval", "boolean", optional=True, description="Ask the user before tools are called")


def update_param() -> NodeParam:
    columns: tuple[Mapping[str, Any], ...] = (
        {
            "field": "key",
            "headerName": "Key",
            "type": "asyncSingleSelect",
            "loadMethod": "loadStateKeys",
            "flex": 0.5,
            "editable": True,
        },
        {"field": "value", "headerName": "Value", "type": "freeSolo", "editable": True, "flex": 1},
    )
    return NodeParam(
        "updateStateMemory",
        "Update State",
        "tabs",
        UPDATE_TABLE,
        additional=True,
        tab_identifier=UPDATE_TAB,
        tabs=(
            NodeParam(
                UPDATE_TABLE,
                "Update State (Table)",
                "datagrid",
                optional=True,
                additional=True,
                datagrid=columns,
                description="Values for keys of the State node; `$flow.output`, `$flow.input`, `$flow.state` and `$vars` may stand in them",
            ),
            NodeParam(
                UPDATE_CODE,
                "Update State (Code)",
                "code",
                optional=True,
                additional=True,
                description="JavaScript that returns an object of new values; it sees `$flow.output` and `$flow.state`",
            ),
        ),
    )


def condition_param() -> NodeParam:
    operations = [
        "Contains", "Not Contains", "Start With", "End With", "Is", "Is Not", "Is Empty", "Is Not Empty", "Greater Than", "Less Than",
        "Equal To", "Not Equal To", "Greater Than or Equal To", "Less Than or Equal To",
    ]  # fmt: skip
    columns: tuple[Mapping[str, Any], ...] = (
        {
            "field": "variable",
            "headerName": "Variable",
            "type": "freeSolo",
            "editable": True,
            "loadMethod": ["getPreviousMessages", "loadStateKeys"],
            "flex": 0.5,
            "minWidth": 200,
        },
        {
            "field": "operation",
            "headerName": "Operation",
            "type": "singleSelect",
            "valueOptions": operations,
            "editable": True,
            "flex": 0.4,
            "minWidth": 150,
        },
        {"field": "value", "headerName": "Value", "flex": 1, "editable": True},
        {"field": "output", "headerName": "Output Name", "editable": True, "flex": 0.3, "minWidth": 150},
    )
    return NodeParam(
        "condition",
        "Condition",
        "conditionFunction",
        tab_identifier=CONDITION_TAB,
        tabs=(
            NodeParam(
                CONDITION_TABLE,
                "Condition (Table)",
                "datagrid",
                optional=True,
                datagrid=columns,
                description="The first row that holds decides; End when none does",
            ),
            NodeParam(
                CONDITION_CODE, "Condition (Code)", "code", optional=True, description="JavaScript that returns the name of an output"
            ),
        ),
    )


def return_value_param() -> NodeParam:
    return NodeParam(
        "returnValueAs",
        "Return Value As",
        "options",
        "aiMessage",
        options=(
            Option("AI Message", "aiMessage"),
            Option("Human Message", "humanMessage"),
            Option("State Object", "stateObj", "The members of the object become values of the state"),
        ),
    )


def chosen_tab(inputs: NodeInputs, identifier: str, *tabs: str) -> str:
    """The tab that the editor showed last. Where none is named, the first that is filled in, else the first of all."""
    name = inputs.values.get(f"{identifier}_{inputs.node_id}")
    if name in tabs:
        return str(name)
    return next((tab for tab in tabs if inputs.get(tab) is not None), tabs[0])
