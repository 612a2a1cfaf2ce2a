"""What the nodes of Gemini models share: how much the model may think, and what a request says of its answer."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.node import NodeInputs, NodeParam, Option

_BUDGET_MODELS = ("gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite")
_LEVEL_MODELS = ("gemini-3.1-pro-preview", "gemini-3.1-flash-lite-preview", "gemini-3-flash-preview")
THINKING_BUDGET = NodeParam(
    "thinkingBudget",
    "Thinking Budget",
    "number",
    optional=True,
    step=1,
    additional=True,
    description="How many tokens the model may think: -1 as many as it likes, 0 none",
    show={"modelName": [*_BUDGET_MODELS]},
)
THINKING_LEVEL = NodeParam(
    "thinkingLevel",
    "Thinking Level",
    "options",
    optional=True,
    additional=True,
    options=(Option("Low", "LOW"), Option("Medium", "MEDIUM"), Option("High", "HIGH")),
    show={"modelName": [*_LEVEL_MODELS]},
)
LIMITS = (
    NodeParam("maxOutputTokens", "Max Output Tokens", "number", optional=True, step=1, additional=True),
    NodeParam("topP", "Top Probability", "number", optional=True, step=0.1, additional=True),
    NodeParam("topK", "Top Next Highest Probability Tokens", "number", optional=True, step=1, additional=True),
)


def generation_config(inputs: NodeInputs) -> dict[str, Any]:
    """`generationConfig`; https://ai.google.dev/api/generate-content#generationconfig."""
    config: dict[str, Any] = {
        "temperature": inputs.number("temperature"),
        "maxOutputTokens": inputs.integer("maxOutputTokens") or None,
        "topP": inputs.number("topP") or None,
        "topK": inputs.integer("topK") or None,
    }
    level, budget = inputs.get("thinkingLevel"), inputs.integer("thinkingBudget")
    if level:
        config["thinkingConfig"] = {"includeThoughts": True, "thinkingLevel": level}
    elif budget is not None:
        config["thinkingConfig"] = {"includeThoughts": budget != 0, "thinkingBudget": budget}
    return config
