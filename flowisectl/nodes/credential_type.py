"""What a kind of credential is: a row with the fields that a credential of the kind has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowisectl.engine.node import NodeParam


@dataclass(frozen=True)
class CredentialType:
    """Name, label and version as exported data has them; `fields` of type `password` are never shown."""

    name: str
    label: str
    version: float
    fields: tuple[NodeParam, ...]

    def to_json(self) -> dict[str, Any]:
        """The type as `GET /api/v1/components-credentials` shows it."""
        return {"label": self.label, "name": self.name, "version": self.version, "inputs": [field.to_json() for field in self.fields]}


def secret(name: str, label: str) -> NodeParam:
    return NodeParam(name, label, "password")


def login(name: str, label: str, *, authorize: str, token: str, scope: str, parameters: str | None = None) -> CredentialType:
    """A login at another service; the tokens that it gave (`access_token`, `refresh_token`) lie beside these fields."""
    more = () if parameters is None else (NodeParam("additionalParameters", "Additional Parameters", "string", default=parameters or None),)
    fields = (
        NodeParam("authorizationUrl", "Authorization URL", "string", default=authorize),
        NodeParam("accessTokenUrl", "Access Token URL", "string", default=token),
        NodeParam("clientId", "Client ID", "string"),
        secret("clientSecret", "Client Secret"),
        *more,
        NodeParam("scope", "Scope", "string", default=scope),
    )
    return CredentialType(name, label, 1.0, fields)
