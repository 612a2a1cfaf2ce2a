"""Where a deployment of Azure OpenAI is reached."""

from __future__ import annotations

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput


def deployment_url(inputs: NodeInputs) -> str:
    """Where the deployment is; `basepath` names the folder of deployments when it is not the usual one. Raises MissingInput."""
    deployment = inputs.secret("azureOpenAIApiDeploymentName")
    instance, version = inputs.secret("azureOpenAIApiInstanceName"), inputs.secret("azureOpenAIApiVersion")
    base = inputs.text("basepath") or (f"https://{instance}.openai.azure.com/openai/deployments" if instance else "")
    if not base or not deployment or not version:
        raise MissingInput(
            f"node {inputs.node_id!r} ({inputs.label}) needs a credential with instance name, deployment name and API version"
        )
    return f"{base.rstrip('/')}/{deployment}?api-version={version}"
