"""Logging in at IBM's watsonx.ai, and where a project's models are
(https://cloud.ibm.com/docs/account?topic=account-iamtoken_from_apikey, https://cloud.ibm.com/apidocs/watsonx-ai)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from flowisectl.clients.kept_tokens import asked_token, kept_token
from flowisectl.errors import MissingInput
from flowisectl.interfaces.http import HttpClient

IAM_URL = "https://iam.cloud.ibm.com/identity/token"
_GRANT = "urn:ibm:params:oauth:grant-type:apikey"


@dataclass(frozen=True, kw_only=True)
class WatsonxLogin:
    token: str = field(repr=False)
    service_url: str
    version: str
    project: str

    def url(self, path: str) -> str:
        """The address of a method, such as `text/chat`."""
        return f"{self.service_url}/ml/v1/{path}?version={quote(self.version, safe='')}"


async def watsonx_login(http: HttpClient, secret: Callable[[str], str], *, owner: str) -> WatsonxLogin:
    """The login that a credential of type `ibmWatsonx` means. `secret` reads its fields; `owner` begins messages.

    Raises MissingInput, ProviderError when the API key is refused.
    """
    names = {"serviceUrl": "service URL", "version": "version (such as 2024-10-08)", "projectId": "project id"}
    found = {name: secret(name).strip() for name in names}
    if missing := [label for name, label in names.items() if not found[name]]:
        raise MissingInput(f"{owner} needs a credential with {', '.join(missing)}")
    return WatsonxLogin(
        token=await _token(http, secret, owner),
        service_url=found["serviceUrl"].rstrip("/"),
        version=found["version"],
        project=found["projectId"],
    )


async def _token(http: HttpClient, secret: Callable[[str], str], owner: str) -> str:
    if secret("watsonxAIAuthType") == "bearertoken":
        token = secret("watsonxAIBearerToken").strip()
        if not token:
            raise MissingInput(f"{owner} needs a credential with a bearer token")
        return token
    key = secret("watsonxAIApikey").strip()
    if not key:
        raise MissingInput(f"{owner} needs a credential with an IAM API key")

    async def fetch() -> tuple[str, float]:
        return await asked_token(http, IAM_URL, {"grant_type": _GRANT, "apikey": key}, provider="IBM Cloud")

    return await kept_token(http, ("watsonx", key), fetch)
