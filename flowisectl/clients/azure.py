"""Where the deployments of Azure OpenAI are reached."""

from __future__ import annotations

from collections.abc import Callable

from flowisectl.errors import MissingInput

_FOLDER = "/openai/deployments"


def deployment_url(secret: Callable[[str], str], base: str, owner: str) -> str:
    """The address that a credential's fields name; `base` names the folder of deployments when it is not the usual one.

    `owner` begins the message when fields are missing. Raises MissingInput.
    """
    folder, deployment, version = _place(secret, base, owner)
    return f"{folder}/{deployment}?api-version={version}"


def responses_url(secret: Callable[[str], str], base: str, owner: str) -> str:
    """As `deployment_url`, for the Responses API: that stands beside the deployments, and the request itself names one of them."""
    folder, _, version = _place(secret, base, owner)
    return f"{folder.removesuffix('/deployments')}?api-version={version}"


def _place(secret: Callable[[str], str], base: str, owner: str) -> tuple[str, str, str]:
    """(folder of deployments, deployment, API version)"""
    deployment, version = secret("azureOpenAIApiDeploymentName"), secret("azureOpenAIApiVersion")
    instance = secret("azureOpenAIApiInstanceName")
    base = base or (f"https://{instance}.openai.azure.com{_FOLDER}" if instance else "")
    if not base or not deployment or not version:
        raise MissingInput(f"{owner} needs a credential with instance name, deployment name and API version")
    return base.rstrip("/"), deployment, version
