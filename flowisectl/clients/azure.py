"""Where the deployments of Azure OpenAI are reached."""

from __future__ import annotations

from collections.abc import Callable

from flowisectl.errors import MissingInput


def deployment_url(secret: Callable[[str], str], base: str, owner: str) -> str:
    """The address that a credential's fields name; `base` names the folder of deployments when it is not the usual one.

    `owner` begins the message when fields are missing. Raises MissingInput.
    """
    deployment, version = secret("azureOpenAIApiDeploymentName"), secret("azureOpenAIApiVersion")
    instance = secret("azureOpenAIApiInstanceName")
    base = base or (f"https://{instance}.openai.azure.com/openai/deployments" if instance else "")
    if not base or not deployment or not version:
        raise MissingInput(f"{owner} needs a credential with instance name, deployment name and API version")
    return f"{base.rstrip('/')}/{deployment}?api-version={version}"
