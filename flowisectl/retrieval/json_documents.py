"""Documents out of JSON data: the texts in it, or one document for each of its objects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document

MAX_DEPTH = 200
_SEPARATORS = re.compile(r"[^\w\s/-]+")


def json_documents(
    text: str, *, pointers: str = "", by_object: bool = False, metadata: Mapping[str, Any] | None = None, name: str = ""
) -> list[Document]:
    """A document for each text in the data, or for each object (`path.to.key: value` lines).

    `pointers` names members, between commas: only texts below a member of such a name are taken. Values of `metadata` that
    begin with `/` are JSON pointers (RFC 6901) into the object that a document was made from. Documents of a list's items have
    their place in it as `line`, from 1 on. Raises InvalidFlow.
    """
    data = _parsed(text, name)
    if by_object:
        if isinstance(data, list):
            made = [_of_object(item, metadata or {}, {"line": line}) for line, item in enumerate(data, start=1)]
        else:
            made = [_of_object(data, metadata or {}, {})]
        return [document for document in made if document.page_content]
    wanted = {part.strip() for part in _SEPARATORS.split(pointers) if part.strip()}
    return _numbered(list(_texts(data, wanted, not wanted, 0)))


def jsonl_documents(text: str, *, pointer: str, metadata: Mapping[str, Any] | None = None, name: str = "") -> list[Document]:
    """A document for each line: the value at `pointer` (`/name`; the slash may be left out). Raises InvalidFlow."""
    path = pointer if pointer.startswith("/") else f"/{pointer}"
    found: list[Document] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        item = _parsed(line, f"{name}, line {number}")
        value = at_pointer(item, path)
        if value is not None:
            extra = _resolved(metadata or {}, item)
            found.append(Document(page_content=_shown(value), metadata={"line": number, **extra}))
    return found


def at_pointer(data: Any, pointer: str) -> Any:
    """The value at a JSON pointer, or None."""
    for piece in pointer.removeprefix("/").split("/"):
        key = piece.replace("~1", "/").replace("~0", "~")
        if isinstance(data, Mapping):
            data = data.get(key)
        elif isinstance(data, list) and key.isdigit() and int(key) < len(data):
            data = data[int(key)]
        else:
            return None
    return data


def _parsed(text: str, name: str) -> Any:
    try:
        return orjson.loads(text.removeprefix("\ufeff"))
    except ValueError as error:
        raise InvalidFlow(f"file {name!r} is no JSON: {error}") from error


def _texts(data: Any, wanted: set[str], taken: bool, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        return
    if isinstance(data, str):
        if taken and data:
            yield data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from _texts(value, wanted, taken or key in wanted, depth + 1)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value, wanted, taken, depth + 1)


def _numbered(texts: Sequence[str]) -> list[Document]:
    several = len(texts) > 1
    return [Document(page_content=text, metadata={"line": line} if several else {}) for line, text in enumerate(texts, start=1)]


def _of_object(item: Any, metadata: Mapping[str, Any], place: Mapping[str, Any]) -> Document:
    lines = [f"{path}: {_shown(value)}" if path else _shown(value) for path, value in _leaves(item, "", 0)]
    return Document(page_content="\n".join(lines), metadata={**place, **_resolved(metadata, item)})


def _leaves(data: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth <= MAX_DEPTH and isinstance(data, Mapping):
        for key, value in data.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key), depth + 1)
    else:
        yield path, data


def _resolved(metadata: Mapping[str, Any], item: Any) -> dict[str, Any]:
    """The metadata with pointers replaced by what they point at; one that points nowhere is left out."""
    found: dict[str, Any] = {}
    for key, value in metadata.items():
        target = at_pointer(item, value) if isinstance(value, str) and value.startswith("/") else value
        if target is not None:
            found[key] = target
    return found


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
