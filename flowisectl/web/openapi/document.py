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
from flowisectl.web.access.gate import API, SESSION_ONLY, Gate
from flowisectl.web.openapi.answers import responses_of
from flowisectl.web.openapi.bodies import BODIES, CHOICES, FORMS, QUERIES, SCHEMAS

PAGE_FILE = Path(__file__).parent / "openapi.html"
"""A page to read the description: one file, nothing from elsewhere."""

_PART = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_NAME = re.compile(r"\{([^{}]+)\}")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
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
    shared = _shared_paths(app)
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(API) or rule.rule.endswith("/"):
            continue
        if rule.endpoint.startswith("editions."):
            continue  # nothing to call there
        view = app.view_functions[rule.endpoint]
        if view.__name__.startswith("missing"):
            continue  # answers of incomplete addresses
        path = shared[_PART.sub("{}", rule.rule)]
        names = _NAME.findall(path)
        for method in _METHODS:
            if method in (rule.methods or ()):
                yield path, method, _operation(path, method, names, inspect.getdoc(view) or "", gate)


def _shared_paths(app: Quart) -> dict[str, str]:
    """Shape of a path → the path. Those that differ only in the names of their parameters are one; `id` stands for what differs."""
    found: dict[str, list[str]] = {}
    for rule in app.url_map.iter_rules():
        shape, names = _PART.sub("{}", rule.rule), [name.strip("_") for name in _PART.findall(rule.rule)]
        earlier = found.setdefault(shape, names)
        found[shape] = [name if name == other else "id" for name, other in zip(names, earlier, strict=True)]
    return {shape: shape.replace("{}", "{{{}}}").format(*names) for shape, names in found.items()}


def _operation(path: str, method: str, names: list[str], text: str, gate: Gate) -> dict[str, Any]:
    short = path.removeprefix(API)
    first, _, rest = text.partition("\n")
    parameters: list[dict[str, Any]] = [{"name": name, "in": "path", "required": True, "schema": _schema_of(name, short)} for name in names]
    parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in QUERIES.get((method, short), {}).items()]
    operation: dict[str, Any] = {
        "operationId": method.lower() + "".join(part.title() for part in re.findall(r"[A-Za-z0-9]+", short)),
        "tags": [short.split("/")[0]],
        "summary": first or f"{method} /{short}",
        "responses": responses_of(method, short, is_secured=not gate.is_public(path)),
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


def _schema_of(name: str, path: str) -> dict[str, Any]:
    if path in CHOICES:
        return {"enum": [*CHOICES[path]]}
    is_id = name.endswith("_id") and name not in ("chat_id", "listener_id")
    return {"type": "string", "format": "uuid"} if is_id else {"type": "string", "minLength": 1}
