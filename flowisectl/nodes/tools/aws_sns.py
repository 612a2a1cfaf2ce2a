"""Publishes messages to a topic of Amazon SNS."""

from __future__ import annotations

from flowisectl.clients.aws_keys import credential_keys
from flowisectl.clients.aws_services import AwsService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._aws_regions import DEFAULT_REGION, REGION
from flowisectl.nodes.tools._search import search_tool

VERSION = "2010-03-31"
MOST_TOPICS = 1000
DESCRIPTION = "Publishes a message to everybody who listens to a topic of Amazon SNS. The input is the message's text."


class AWSSNS(Node):
    """https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""

    definition = NodeDefinition(
        name="awsSNS",
        label="AWS SNS",
        category="Tools",
        version=1.0,
        base_classes=("AWSSNS", "Tool", "StructuredTool", "Runnable"),
        description="Publishes messages to a topic of Amazon SNS",
        credential=CredentialParam(("awsApi",)),
        inputs=(REGION, NodeParam("topicArn", "SNS Topic", "asyncOptions", load_method="listTopics")),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        topic, service = str(inputs.require("topicArn")), await _service(inputs, context.http)

        async def publish(message: str) -> str:
            answer = await service.form({"Action": "Publish", "Version": VERSION, "TopicArn": topic, "Message": message})
            return f"The message was published; its id is {answer.findtext('.//{*}MessageId') or 'unknown'}."

        return search_tool("aws_sns_publish", DESCRIPTION, publish, about="The message to publish")

    async def offered(self, inputs: NodeInputs, http: HttpClient) -> list[str]:
        """The topics that the credential's owner has. Raises ProviderError."""
        service, found, token = await _service(inputs, http), list[str](), ""
        while len(found) < MOST_TOPICS:
            answer = await service.form({"Action": "ListTopics", "Version": VERSION, **({"NextToken": token} if token else {})})
            found += [item.text or "" for item in answer.iterfind(".//{*}TopicArn")]
            token = answer.findtext(".//{*}NextToken") or ""
            if not token:
                break
        return found


async def _service(inputs: NodeInputs, http: HttpClient) -> AwsService:
    region = inputs.text("region", DEFAULT_REGION)
    keys = await credential_keys(http, inputs.secret, region=region, owner=f"node {inputs.node_id!r} ({inputs.label})")
    return AwsService(http, keys, provider="AWS SNS", service="sns", region=region)
