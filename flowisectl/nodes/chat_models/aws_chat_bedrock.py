"""Chat completion by the models of Amazon Bedrock."""

from __future__ import annotations

from flowisectl.clients.aws_keys import credential_keys
from flowisectl.clients.bedrock import BedrockChat
from flowisectl.clients.bedrock_models import model_id
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached
from flowisectl.nodes.chat_models._compatible import CACHE, IMAGES, STREAMING

DEFAULT_MODEL = "anthropic.claude-haiku-4-5-20251001-v1:0"


class AWSChatBedrock(Node):
    definition = NodeDefinition(
        name="awsChatBedrock",
        label="AWS Bedrock",
        category="Chat Models",
        version=6.1,
        base_classes=("AWSChatBedrock", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the models of Amazon Bedrock, or by models of your own there",
        credential=CredentialParam(("awsApi",), optional=True),
        inputs=(
            CACHE,
            NodeParam("region", "Region", "asyncOptions", default="us-east-1", load_method="listRegions"),
            NodeParam("model", "Model Name", "asyncOptions", default=DEFAULT_MODEL, optional=True, load_method="listModels"),
            NodeParam(
                "customModel",
                "Custom Model ARN",
                "string",
                optional=True,
                placeholder="arn:aws:bedrock:us-east-1:123456789012:imported-model/my-model",
                description="The ARN of an imported model, a deployment or provisioned throughput; used instead of the model above",
            ),
            NodeParam(
                "endpointHost",
                "Custom Endpoint Host",
                "string",
                optional=True,
                additional=True,
                description="The host of an endpoint of your own, such as a VPC's",
            ),
            STREAMING,
            IMAGES,
            NodeParam("temperature", "Temperature", "number", default=0.7, optional=True, step=0.1, additional=True),
            NodeParam("max_tokens_to_sample", "Max Tokens to Sample", "number", default=200, optional=True, step=10, additional=True),
            NodeParam("latencyOptimized", "Latency Optimized", "boolean", default=False, optional=True, additional=True),
            NodeParam(
                "useGlobalEndpoint",
                "Use Global Inference Endpoint",
                "boolean",
                default=False,
                optional=True,
                additional=True,
                description="Any region of the world may answer",
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        region = inputs.text("region", "us-east-1")
        keys = await credential_keys(context.http, inputs.secret, region=region, owner=f"node {inputs.node_id!r} ({inputs.label})")
        host = inputs.text("endpointHost").strip().rstrip("/")
        named = inputs.text("customModel").strip() or inputs.text("model", DEFAULT_MODEL)
        model = BedrockChat(
            context.http,
            keys,
            provider="awsChatBedrock",
            region=region,
            base_url=host if "://" in host or not host else f"https://{host}",
            model=model_id(named, region, is_global=inputs.flag("useGlobalEndpoint")),
            streaming=inputs.flag("streaming", True),
            allows_images=inputs.flag("allowImageUploads"),
            inference={"temperature": inputs.number("temperature"), "maxTokens": inputs.integer("max_tokens_to_sample") or None},
            extra={"performanceConfig": {"latency": "optimized"}} if inputs.flag("latencyOptimized") else {},
            on_retry=context.trace.note,
        )
        return cached(model, inputs.get("cache"))
