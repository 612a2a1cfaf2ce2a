"""How Jira is reached: in the cloud with a name and a token, on a server of one's own with a token alone."""

from __future__ import annotations

import base64

from flowisectl.clients.rest import RestService
from flowisectl.interfaces.http import HttpClient


def jira_service(http: HttpClient, host: str, *, name: str = "", token: str = "", bearer: str = "", trusted: bytes = b"") -> RestService:
    """https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/"""
    login = base64.b64encode(f"{name}:{token}".encode()).decode()
    return RestService(
        http,
        provider="jira",
        base_url=host.strip().rstrip("/"),
        headers={"authorization": f"Bearer {bearer}" if bearer else f"Basic {login}"},
        secrets=(token, bearer, login),
        retries=2,
        trusted=trusted,
    )
