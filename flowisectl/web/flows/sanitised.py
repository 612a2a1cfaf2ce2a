"""A flow's data for the public: without credentials, passwords, files and headers that authenticate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.web.json_text import to_json

_PRIVATE_TYPES = frozenset({"password", "file", "folder"})
_PRIVATE_HEADERS = frozenset({"authorization", "x-api-key", "x-auth-token", "cookie"})
_CREDENTIAL_MEMBERS = ("FLOWISE_CREDENTIAL_ID", "credentialId")


def sanitised(flow_data: str) -> str:
    """The flow's JSON text, sanitised; an empty flow for text that is none."""
    try:
        flow = orjson.loads(flow_data)
    except ValueError:
        return '{"nodes":[],"edges":[]}'
    if not isinstance(flow, dict):
        return '{"nodes":[],"edges":[]}'
    for node in flow.get("nodes") or ():
        if isinstance(node, dict) and isinstance(data := node.get("data"), dict):
            data.pop("credential", None)
            if isinstance(inputs := data.get("inputs"), dict):
                data["inputs"] = _public_inputs(inputs, _private_names(data.get("inputParams")))
    return to_json(flow).decode()


def _private_names(params: Any) -> set[str]:
    return {str(param.get("name")) for param in params or () if isinstance(param, Mapping) and param.get("type") in _PRIVATE_TYPES}


def _public_inputs(inputs: Mapping[str, Any], private: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in inputs.items():
        if name in private or name in _CREDENTIAL_MEMBERS:
            continue
        if name == "headers":
            value = _public_headers(value)
        elif isinstance(value, dict):
            value = {key: item for key, item in value.items() if key not in _CREDENTIAL_MEMBERS}
        found[name] = value
    return found


def _public_headers(headers: Any) -> Any:
    """Headers as an object, as JSON text of one, or as a list of `{key, value}`."""
    if isinstance(headers, dict):
        return {name: value for name, value in headers.items() if name.lower() not in _PRIVATE_HEADERS}
    if isinstance(headers, list):
        return [item for item in headers if not (isinstance(item, dict) and str(item.get("key", "")).lower() in _PRIVATE_HEADERS)]
    if isinstance(headers, str) and headers.strip().startswith(("{", "[")):
        try:
            return to_json(_public_headers(orjson.loads(headers))).decode()
        except ValueError:
            return headers
    return headers


def without_credentials(execution_data: str) -> str:
    """The executed nodes' JSON text without the ids of credentials, at any depth; text that is no JSON stays."""
    try:
        return to_json(_without_credentials(orjson.loads(execution_data))).decode()
    except ValueError:
        return execution_data


def _without_credentials(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_credentials(item) for name, item in value.items() if name not in (*_CREDENTIAL_MEMBERS, "credential")}
    return [_without_credentials(item) for item in value] if isinstance(value, list) else value
