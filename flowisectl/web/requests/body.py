"""A request's body as data: JSON and URL-encoded forms; any other type counts as an empty body, as clients know it."""

from __future__ import annotations

import asyncio
import re
import zlib
from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

from quart import request

from flowisectl.errors import InvalidRequest
from flowisectl.web.errors import HttpError
from flowisectl.web.json_text import from_json
from flowisectl.web.requests.body_limit import BODY_TIMEOUT_SECONDS
from flowisectl.web.source import current_scope, header

BODY_KEY = "flowisectl.body"
"""Where a request that does not come through Quart has the function that reads its body."""
LIMIT_KEY = "flowisectl.body-limit"
"""Where the edge leaves FLOWISE_FILE_SIZE_LIMIT."""
MAX_FORM_FIELDS = 1000
MAX_FORM_DEPTH = 5
_KEY_PART = re.compile(r"\[([^\[\]]*)\]")
_INFLATE_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


async def body_object() -> dict[str, Any]:
    """The body's members; a body that is a list, empty or of an unknown type has none.

    Raises InvalidRequest for broken JSON, HttpError 413 and 415.
    """
    media_type, _, parameters = header(b"content-type").partition(";")
    media_type = media_type.strip().lower()
    if media_type != "application/json" and media_type != "application/x-www-form-urlencoded":
        return {}
    data, limit = await _body(), cast(int, current_scope()[LIMIT_KEY])
    if not data:
        return {}
    if encoding := header(b"content-encoding"):
        data = inflated(data, encoding.strip().lower(), limit)
    if len(data) > limit:
        raise HttpError(413, "request entity too large")
    charset = _charset_of(parameters)
    if charset != "utf-8":
        data = recoded(data, charset)
    if media_type == "application/json":
        return members_of(data)
    return form_members(data)


async def _body() -> bytes:
    try:
        async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
            read = current_scope().get(BODY_KEY)
            return bytes(await (read() if read else request.body))
    except TimeoutError as error:
        raise HttpError(408, "The request's body did not arrive in time") from error


def members_of(data: bytes) -> dict[str, Any]:
    """The members of a JSON object; a list has none. Raises InvalidRequest for other JSON and for no JSON."""
    data = data.removeprefix(BOM_UTF8)  # some programs for Windows write one
    if not data.strip():
        return {}
    value = from_json(data)
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {}
    raise InvalidRequest("The request body is not valid JSON: expected an object or an array")


def form_members(data: bytes) -> dict[str, Any]:
    """The fields of a URL-encoded form; `a[b]=c` nests. Raises InvalidRequest, HttpError 413."""
    try:
        pairs = parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
    except ValueError as error:
        raise HttpError(413, "too many parameters") from error
    members: dict[str, Any] = {}
    for key, value in pairs:
        head = key.partition("[")[0]
        path = [head, *_KEY_PART.findall(key[len(head) :])] if head else [key]
        _set(members, path[: MAX_FORM_DEPTH + 1], value)
    return members


def _set(members: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        inner = members.get(part)
        if not isinstance(inner, dict):
            inner = members[part] = {}
        members = inner
    key = path[-1] or str(len(members))
    earlier = members.get(key)
    members[key] = value if earlier is None else [*earlier, value] if isinstance(earlier, list) else [earlier, value]


def inflated(data: bytes, encoding: str, limit: int) -> bytes:
    """A compressed body, unpacked up to the limit. Raises HttpError 413 and 415, InvalidRequest."""
    if encoding == "identity":
        return data
    if encoding not in _INFLATE_WINDOW:
        raise HttpError(415, f'unsupported content encoding "{encoding}"')
    unpacker = zlib.decompressobj(_INFLATE_WINDOW[encoding])
    try:
        unpacked = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise InvalidRequest(f"The request body is not valid {encoding}: {error}") from error
    if len(unpacked) > limit:
        raise HttpError(413, "request entity too large")
    if not unpacker.eof:
        raise InvalidRequest(f"The request body is not valid {encoding}: it breaks off")
    return unpacked


def recoded(data: bytes, charset: str) -> bytes:
    """The body in UTF-8. Raises HttpError 415, InvalidRequest."""
    if not charset.startswith(("utf-", "utf8")):
        raise HttpError(415, f'unsupported charset "{charset.upper()}"')
    try:
        return data.decode(charset).encode()
    except LookupError as error:
        raise HttpError(415, f'unsupported charset "{charset.upper()}"') from error
    except UnicodeError as error:
        raise InvalidRequest(f"The request body is not valid {charset}: {error}") from error


def _charset_of(parameters: str) -> str:
    for parameter in parameters.split(";") if parameters else ():
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower() or "utf-8"
    return "utf-8"


def text_member(body: Mapping[str, Any], name: str, where: str) -> str:
    """A member that must be a text that is not empty. Raises HttpError 412, which names the controller function."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        problem = "not provided!" if value in (None, "") else "must be a text!"
        raise HttpError(412, f"Error: {where} - {name} {problem}")
    return value


def typed_members(body: Mapping[str, Any], types: Mapping[str, type | tuple[type, ...]]) -> dict[str, Any]:
    """The members of a body that a row may take over. None stays None. Raises InvalidRequest for a value of another type."""
    found: dict[str, Any] = {}
    for name, wanted in types.items():
        if name not in body:
            continue
        value = body[name]
        if value is not None and (not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool)):
            raise InvalidRequest(f"{name} must be {_TYPE_NAMES.get(wanted, 'of another type')}, not {type(value).__name__}")
        if isinstance(value, str) and "\x00" in value:
            raise InvalidRequest(f"{name} contains a NUL character")
        found[name] = value
    return found


_TYPE_NAMES: Mapping[Any, str] = {str: "a text", bool: "true or false", dict: "an object", list: "a list", int: "a whole number"}
