"""The kinds of credentials that nodes take: one row each, with the fields that a credential of the kind has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from flowisectl.nodes.credential_type import CredentialType


@cache
def credential_types() -> Mapping[str, CredentialType]:
    """All there are, by their names; made when they are first asked for, since an idle server needs none of them."""
    from flowisectl.nodes.app_credential_types import APPS
    from flowisectl.nodes.model_credential_types import MODELS

    return {kind.name: kind for kind in (*MODELS, *APPS)}


@cache
def secret_fields() -> Mapping[str, tuple[str, ...]]:
    """The fields of each kind that hold secrets; a node's input of such a name stands in for a credential (`NodeInputs.secret`)."""
    return {kind.name: tuple(field.name for field in kind.fields if field.type == "password") for kind in credential_types().values()}
