"""Sends an HTTP request."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import orjson

from flowisectl.engine.agentflow.js_values import text_of
from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.agentflow.step_inputs import wrong_input
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import InvalidFlow, MissingInput
from flowisectl.interfaces.http import HttpCall, HttpResponse, Reach
from flowisectl.interfaces.lenient_json import parse_lenient
from flowisectl.nodes.agentflow._params import CATEGORY

_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
_TAKE_BODIES = ("POST", "PUT", "PATCH")
_ACCEPT = "application/json, text/plain, */*"
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_SHOWN = ("method", "url", "headers", "queryParams", "bodyType", "body", "responseType")


def _pairs(name: str, label: str, **extra: Any) -> NodeParam:
    return NodeParam(
        name,
        label,
        "array",
        optional=True,
        accept_variable=True,
        array=(NodeParam("key", "Key", "string", ""), NodeParam("value", "Value", "string", "", accept_variable=True)),
        **extra,
    )


class HttpAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="httpAgentflow",
        label="HTTP",
        category=CATEGORY,
        version=1.1,
        base_classes=("HTTP",),
        description="Sends an HTTP request",
        color="#FF7F7F",
        credential=CredentialParam(("httpBasicAuth", "httpBearerToken", "httpApiKey"), optional=True),
        inputs=(
            NodeParam(
                "method",
                "Method",
                "options",
                "GET",
                options=tuple(Option(name, name) for name in _METHODS),
            ),
            NodeParam("url", "URL", "string", accept_variable=True),
            _pairs("headers", "Headers"),
            _pairs("queryParams", "Query Params"),
            NodeParam(
                "bodyType",
                "Body Type",
                "options",
                optional=True,
                options=(
                    Option("JSON", "json"),
                    Option("Raw", "raw"),
                    Option("Form Data", "formData"),
                    Option("x-www-form-urlencoded", "xWwwFormUrlencoded"),
                ),
            ),
            NodeParam("body", "Body", "string", optional=True, accept_variable=True, rows=4, show={"bodyType": ["raw", "json"]}),
            _pairs("body", "Body", show={"bodyType": ["xWwwFormUrlencoded", "formData"]}),
            NodeParam(
                "responseType",
                "Response Type",
                "options",
                optional=True,
                options=(
                    Option("JSON", "json"),
                    Option("Text", "text"),
                    Option("Array Buffer", "arraybuffer"),
                    Option("Raw (Base64)", "base64"),
                ),
            ),
        ),
    )

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        """An answer of any status is an answer: what comes after decides by `status`. Raises InvalidFlow, HttpDenied and HttpFailed."""
        response = await context.http.request(_call_of(inputs))
        http = {
            "data": _data_of(response, inputs.text("responseType")),
            "status": response.status,
            "statusText": response.reason,
            "headers": dict(response.headers),
        }
        return StepResult(input={"http": {name: inputs.values.get(name, "") for name in _SHOWN}}, output={"http": http})


def _call_of(inputs: NodeInputs) -> HttpCall:
    url = inputs.text("url").strip()
    if not url:
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no URL: fill it in")
    if urlsplit(url).scheme not in ("http", "https"):
        raise wrong_input(inputs, "url", "an address that begins with http:// or https://", url)
    method = inputs.text("method", "GET").upper()
    if method not in _METHODS:
        raise wrong_input(inputs, "method", f"one of {', '.join(_METHODS)}", method)
    query = urlencode(_filled_pairs(inputs.rows("queryParams")), safe="*")
    if query:
        url += ("&" if "?" in url else "?") + query
    body, form, media_type = (None, None, "") if method == "GET" else _body_of(inputs)
    if body is None and form is None and method in _TAKE_BODIES:
        media_type = _FORM
    headers = {"accept": _ACCEPT, **({"content-type": media_type} if media_type else {})}
    for name, value in (*_filled_pairs(inputs.rows("headers")), *_authorization(inputs).items()):
        if name.lower() == "content-type" and media_type == _JSON:
            continue
        # Names of headers are equal whatever their case; the author's replace ours, and the credential's replace the author's.
        for other in [other for other in headers if other.lower() == name.lower()]:
            del headers[other]
        headers[name] = value
    return HttpCall(method=method, url=url, headers=headers, body=body, form=form, reach=Reach.PUBLIC)


def _filled_pairs(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Rows that have both a key and a value; a key may come again."""
    return [(str(row["key"]), text_of(row["value"])) for row in rows if row.get("key") and row.get("value") not in (None, "")]


def _authorization(inputs: NodeInputs) -> dict[str, str]:
    """The header that the credential asks for."""
    fields = inputs.credential
    if fields.get("basicAuthUsername"):
        pair = f"{fields['basicAuthUsername']}:{fields.get('basicAuthPassword') or ''}"
        return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    if fields.get("token"):
        return {"authorization": f"Bearer {fields['token']}"}
    return {str(fields["key"]): str(fields["value"])} if fields.get("key") and fields.get("value") else {}


def _body_of(inputs: NodeInputs) -> tuple[bytes | None, Mapping[str, Any] | None, str]:
    """The body as bytes or as the fields of a multipart form, and its media type."""
    kind, body = inputs.text("bodyType"), inputs.get("body")
    if body is None:
        return None, None, ""
    match kind:
        case "json":
            return orjson.dumps(_json_of(inputs, body) if isinstance(body, str) else body), None, _JSON
        case "raw":
            return text_of(body).encode(), None, _FORM
        case "formData":
            return None, _form_of(_filled_pairs(inputs.rows("body"))), ""
        case "xWwwFormUrlencoded":
            return _urlencoded(inputs.json("body", {})).encode(), None, _FORM
    return None, None, ""


def _json_of(inputs: NodeInputs, text: str) -> Any:
    try:
        return parse_lenient(text)
    except ValueError as error:
        raise InvalidFlow(
            f"Invalid JSON format in body: node {inputs.node_id!r} ({inputs.label}): {error}; put texts in double quotes, "
            "and escape quotes and line breaks inside them"
        ) from error


def _form_of(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Fields by name; one that comes again has all its values."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _urlencoded(data: Any) -> str:
    """Members of an object as a form. The rows of a list are numbered, and objects count as empty, as existing flows send it."""
    if isinstance(data, Mapping):
        pairs = [(str(name), value) for name, value in data.items()]
    else:
        pairs = [(str(index), value) for index, value in enumerate(data if isinstance(data, list) else [])]
    parts = []
    for name, value in pairs:
        for item in value if isinstance(value, list) else [value]:
            text = "" if item is None or isinstance(item, (Mapping, list)) else text_of(item)
            parts.append(f"{quote_plus(name)}={quote_plus(text)}")
    return "&".join(parts)


def _data_of(response: HttpResponse, kind: str) -> Any:
    match kind:
        case "base64":
            return base64.b64encode(response.body).decode()
        case "arraybuffer":
            return {"type": "Buffer", "data": list(response.body)}
        case "text":
            return response.text
    try:
        return orjson.loads(response.body)
    except ValueError:
        return response.text
