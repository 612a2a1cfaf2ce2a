"""Asks a model one prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.answer_events import answer_events
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.engine.user_input import image_parts, question_text
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.chat_streaming import AnswerTeller, teller_to
from flowisectl.llm.llm_chain import LlmChain
from flowisectl.llm.moderation import moderated, refused
from flowisectl.texts.conversations import ANSWER_REPAIR


class LlmChainNode(Node):
    definition = NodeDefinition(
        name="llmChain",
        label="LLM Chain",
        category="Chains",
        version=3.0,
        base_classes=("LLMChain", "BaseChain", "Runnable"),
        description="Asks a model one prompt",
        inputs=(
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("prompt", "Prompt", "BasePromptTemplate"),
            NodeParam("outputParser", "Output Parser", "BaseLLMOutputParser", optional=True),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
            NodeParam("chainName", "Chain Name", "string", optional=True, description="For those who look at the flow"),
        ),
        outputs=(
            NodeOutput("llmChain", "LLM Chain", ("LLMChain", "BaseChain", "Runnable")),
            NodeOutput("outputPrediction", "Output Prediction", ("string", "json")),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Any:
        """The chain, or the model's answer when the node's output is its prediction."""
        if inputs.output != "outputPrediction":
            return _chain(inputs, context)
        return await _predict(inputs, context, None)

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        answer = await _predict(inputs, context, teller_to(answer_events(context)))
        return {"text": answer} if isinstance(answer, str) else {"json": answer}


def _chain(inputs: NodeInputs, context: RunContext) -> LlmChain:
    return LlmChain(
        model=inputs.require("model"),
        prompt=inputs.require("prompt"),
        parser=inputs.get("outputParser"),
        repair=context.texts.of(ANSWER_REPAIR),
    )


async def _predict(inputs: NodeInputs, context: RunContext, teller: AnswerTeller | None) -> Any:
    chain = _chain(inputs, context)
    try:
        question = await moderated(question_text(context), inputs.items("inputModeration"))
    except ModerationRefusal as refusal:
        return refused(refusal, teller)
    return await chain.predict(question, images=await image_parts(context, chain.model), teller=teller)
