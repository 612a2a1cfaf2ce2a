"""Inputs that several agentflow nodes share, under names with the node's prefix."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam, Option
from flowisectl.llm.agent_memory import ALL_MESSAGES, SUMMARY, SUMMARY_BUFFER, WINDOW

CATEGORY = "Agent Flows"

RESPONSE_ROLES = (Option("User Message", "userMessage"), Option("Assistant Message", "assistantMessage"))
MESSAGE_ROLES = (
    Option("System", "system"),
    Option("Assistant", "assistant"),
    Option("Developer", "developer"),
    Option("User", "user"),
)
MEMORY_TYPES = (
    Option("All Messages", ALL_MESSAGES, "Every message of the session"),
    Option("Window Size", WINDOW, "The latest exchanges only"),
    Option("Conversation Summary", SUMMARY, "A summary of the session"),
    Option("Conversation Summary Buffer", SUMMARY_BUFFER, "The latest messages in full, older ones as a summary"),
)
OUTPUT_TYPES = (
    Option("String", "string"),
    Option("String Array", "stringArray"),
    Option("Number", "number"),
    Option("Boolean", "boolean"),
    Option("Enum", "enum"),
    Option("JSON Array", "jsonArray"),
)


def model_param(prefix: str, **extra: dict[str, object]) -> NodeParam:
    return NodeParam(f"{prefix}Model", "Model", "asyncOptions", load_method="listModels", load_config=True, show=extra.get("show", {}))


def messages_param(prefix: str) -> NodeParam:
    return NodeParam(
        f"{prefix}Messages",
        "Messages",
        "array",
        optional=True,
        accept_variable=True,
        array=(
            NodeParam("role", "Role", "options", options=MESSAGE_ROLES),
            NodeParam("content", "Content", "string", accept_variable=True, rows=4),
        ),
    )


def memory_params(prefix: str) -> tuple[NodeParam, ...]:
    return (
        NodeParam(f"{prefix}EnableMemory", "Enable Memory", "boolean", True, optional=True, description="Remember the session"),
        NodeParam(
            f"{prefix}MemoryType",
            "Memory Type",
            "options",
            ALL_MESSAGES,
            optional=True,
            options=MEMORY_TYPES,
            show={f"{prefix}EnableMemory": True},
        ),
        NodeParam(
            f"{prefix}MemoryWindowSize",
            "Window Size",
            "number",
            "20",
            description="How many exchanges are remembered",
            show={f"{prefix}MemoryType": WINDOW},
        ),
        NodeParam(
            f"{prefix}MemoryMaxTokenLimit",
            "Max Token Limit",
            "number",
            "2000",
            description="Above so many tokens older messages are summarised",
            show={f"{prefix}MemoryType": SUMMARY_BUFFER},
        ),
    )


def user_message_param(prefix: str) -> NodeParam:
    return NodeParam(
        f"{prefix}UserMessage",
        "Input Message",
        "string",
        optional=True,
        accept_variable=True,
        rows=4,
        description="A user message at the end of the conversation",
        show={f"{prefix}EnableMemory": True},
    )


def response_role_param(prefix: str) -> NodeParam:
    return NodeParam(f"{prefix}ReturnResponseAs", "Return Response As", "options", "userMessage", options=RESPONSE_ROLES)


def structured_output_param(prefix: str) -> NodeParam:
    name = f"{prefix}StructuredOutput"
    return NodeParam(
        name,
        "JSON Structured Output",
        "array",
        optional=True,
        accept_variable=True,
        description="Have the answer as data with these keys",
        array=(
            NodeParam("key", "Key", "string"),
            NodeParam("type", "Type", "options", options=OUTPUT_TYPES),
            NodeParam(
                "enumValues",
                "Enum Values",
                "string",
                optional=True,
                placeholder="value1, value2, value3",
                description="The values to choose from, separated by commas",
                show={f"{name}[$index].type": "enum"},
            ),
            NodeParam(
                "jsonSchema",
                "JSON Schema",
                "code",
                optional=True,
                placeholder='{"title": {"type": "string", "description": "What it is called"}}',
                description="The properties of one object of the list",
                show={f"{name}[$index].type": "jsonArray"},
            ),
            NodeParam("description", "Description", "string", placeholder="What the key means"),
        ),
    )


def update_state_param(prefix: str) -> NodeParam:
    return NodeParam(
        f"{prefix}UpdateState",
        "Update Flow State",
        "array",
        optional=True,
        accept_variable=True,
        description="Change the flow state when the node has run",
        array=(
            NodeParam("key", "Key", "asyncOptions", load_method="listRuntimeStateKeys"),
            NodeParam("value", "Value", "string", accept_variable=True, accept_node_output=True),
        ),
    )
