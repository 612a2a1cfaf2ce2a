"""The API described as OpenAPI 3.1, made from the routes that the application really has.

Format: https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quart import Quart

import flowisectl
from flowisectl.web.gate import API, SESSION_ONLY, Gate
from flowisectl.web.openapi_bodies import BODIES, FORMS, QUERIES, SCHEMAS

PAGE_FILE = Path(__file__).parent / "openapi.html"
"""A page to read the description: one file, nothing from elsewhere."""

_PART = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ERROR = {"$ref": "#/components/schemas/Error"}
_KEY: list[dict[str, list[str]]] = [{"apiKey": []}, {"session": []}]
_SESSION: list[dict[str, list[str]]] = [{"session": []}]


def document(app: Quart, gate: Gate) -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for path, method, operation in _operations(app, gate):
        paths.setdefault(path, {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "flowisectl",
            "version": flowisectl.__version__,
            "summary": "Serves Flowise flows",
            "description": f"The HTTP API of Flowise {flowisectl.FLOWISE_VERSION}, as this server serves it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key of a workspace"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "connect.sid",
                    "description": "The cookies of a login, together with the header `x-request-from: internal`",
                },
            },
        },
    }


def _operations(app: Quart, gate: Gate) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(API) or rule.rule.endswith("/"):
            continue
        view = app.view_functions[rule.endpoint]
        names = _PART.findall(rule.rule)
        if any(name.startswith("_") for name in names) and len(names) != 1:
            continue  # answers of incomplete addresses
        path = _PART.sub(lambda found: "{" + found[1].strip("_") + "}", rule.rule)
        for method in _METHODS:
            if method in (rule.methods or ()):
                yield path, method, _operation(path, method, [name.strip("_") for name in names], inspect.getdoc(view) or "", gate)


def _operation(path: str, method: str, names: list[str], text: str, gate: Gate) -> dict[str, Any]:
    short = path.removeprefix(API)
    first, _, rest = text.partition("\n")
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _schema_of(name)} for name in names
    ]
    parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in QUERIES.get((method, short), {}).items()]
    operation: dict[str, Any] = {
        "operationId": method.lower() + "".join(part.title() for part in re.findall(r"[A-Za-z0-9]+", short)),
        "tags": [short.split("/")[0]],
        "summary": first or f"{method} /{short}",
        "responses": {
            "200": {"description": "The answer", "content": {"application/json": {}}},
            "default": {"description": "What went wrong", "content": {"application/json": {"schema": _ERROR}}},
        },
        "security": [] if gate.is_public(path) else _SESSION if path.startswith(SESSION_ONLY) else _KEY,
    }
    if rest.strip():
        operation["description"] = rest.strip()
    if parameters:
        operation["parameters"] = parameters
    body = BODIES.get((method, short))
    content: dict[str, Any] = {"application/json": {"schema": body}} if body is not None else {}
    if (method, short) in FORMS:
        content["multipart/form-data"] = {"schema": FORMS[method, short]}
    if not content and method in ("POST", "PUT", "PATCH"):
        content = {"application/json": {"schema": {"type": "object"}}}
    if content:
        operation["requestBody"] = {"content": content}
    return operation


def _schema_of(name: str) -> dict[str, Any]:
    is_id = name.endswith("_id") and name not in ("chat_id", "listener_id")
    return {"type": "string", "format": "uuid"} if is_id else {"type": "string", "minLength": 1}
