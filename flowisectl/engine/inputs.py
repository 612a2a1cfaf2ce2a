"""One node's inputs, ready to use: references to other nodes, to the question and to variables are resolved.

Values are compiled once per flow into templates and then filled for every run. Text goes into the parsed structure of a
JSON input (or into its text as JSON string content), so nothing has to be escaped with markers and unescaped later.

References stand in double braces, taken as they are, innermost first: `{{question}}`, `{{file_attachment}}` and
`{{chat_history}}` only in inputs that accept variables; `{{$vars.name}}`, `{{$flow.name}}` and `{{nodeId.data.instance}}`
in any text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from flowisectl.engine.flow import FlowNode

_REFERENCE = re.compile(r"\{\{(?!\{)((?:(?!\{\{|\}\}).)*)\}\}", re.DOTALL)
_SPECIAL = frozenset({"question", "file_attachment", "chat_history"})
_MISSING = object()


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What references may name in one run."""

    question: str = ""
    files_text: str = ""
    chat_history: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    flow: Mapping[str, Any] = field(default_factory=dict)
    instances: Mapping[str, Any] = field(default_factory=dict)
    """Node id → what the node built."""


@dataclass(frozen=True, kw_only=True)
class InputTemplates:
    """The inputs of one node: those that stay as they are, and those that are filled for every run."""

    fixed: Mapping[str, Any]
    filled: Mapping[str, _Template]
    nodes: frozenset[str]
    """Ids of the nodes that the inputs name."""
    uses_variables: bool
    uses_history: bool

    def resolve(self, scope: Scope) -> dict[str, Any]:
        """Every input with its references resolved. An unknown reference stays as it is written."""
        values = dict(self.fixed)
        for name, template in self.filled.items():
            values[name] = template.fill(scope)
        return values


def compile_inputs(node: FlowNode, inputs: Mapping[str, Any], node_ids: Collection[str]) -> InputTemplates:
    """Find the references in a node's inputs. `node_ids` are all nodes of the flow."""
    fixed: dict[str, Any] = {}
    filled: dict[str, _Template] = {}
    found: set[str] = set()
    for name, value in inputs.items():
        accepts = node.accepts_variable(name) and not isinstance(value, list)
        is_json = (node.params.get(name) or {}).get("type") == "json"
        references: set[str] = set()
        template = _compile(value, accepts, is_json, node_ids, references)
        if references and template is not None:
            filled[name] = template
            found |= references
        else:
            fixed[name] = value
    roots = {reference.split(".", 1)[0] for reference in found}
    return InputTemplates(
        fixed=fixed,
        filled=filled,
        nodes=frozenset(roots.intersection(node_ids).difference({node.id})),
        uses_variables="$vars" in roots,
        uses_history="chat_history" in roots or any(reference.startswith("$flow.chatHistory") for reference in found),
    )


class _Template:
    def fill(self, scope: Scope) -> Any:
        raise NotImplementedError


@dataclass(frozen=True)
class _Constant(_Template):
    value: Any

    def fill(self, scope: Scope) -> Any:
        return self.value


@dataclass(frozen=True)
class _Instance(_Template):
    """The whole value becomes what another node built; text around the reference is lost."""

    reference: str

    def fill(self, scope: Scope) -> Any:
        value = _look_up(self.reference, scope)
        return None if value is _MISSING else value


@dataclass(frozen=True)
class _Text(_Template):
    """Literal text and references, in turn, beginning with text."""

    parts: tuple[str, ...]
    in_json: bool
    """Values go in as content of JSON strings."""

    def fill(self, scope: Scope) -> Any:
        texts: list[str] = []
        for index, part in enumerate(self.parts):
            if index % 2 == 0:
                texts.append(part)
                continue
            value = _look_up(part, scope)
            if value is _MISSING:
                texts.append("{{" + part + "}}")
            else:
                text = text_of(value)
                texts.append(orjson.dumps(text).decode()[1:-1] if self.in_json else text)
        return "".join(texts)


@dataclass(frozen=True)
class _Object(_Template):
    members: Mapping[str, _Template]

    def fill(self, scope: Scope) -> Any:
        return {name: member.fill(scope) for name, member in self.members.items()}


@dataclass(frozen=True)
class _List(_Template):
    entries: tuple[_Template, ...]

    def fill(self, scope: Scope) -> Any:
        return [entry.fill(scope) for entry in self.entries]


def text_of(value: Any) -> str:
    """A value as text: JSON for what is no text itself."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return orjson.dumps(value, default=_shown, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()


def _shown(value: Any) -> Any:
    to_json = getattr(value, "to_json", None)
    return to_json() if callable(to_json) else str(value)


def _compile(value: Any, accepts: bool, is_json: bool, node_ids: Collection[str], found: set[str]) -> _Template | None:
    if isinstance(value, str):
        if "{{" not in value:
            return None
        if accepts and value.lstrip()[:1] in ("{", "["):
            return _compile_json(value, is_json, node_ids, found)
        return _compile_text(value, accepts, False, node_ids, found)
    if isinstance(value, Mapping):
        members = {name: _compile(item, accepts, False, node_ids, found) for name, item in value.items()}
        return _Object({name: member or _Constant(value[name]) for name, member in members.items()})
    if isinstance(value, list):
        entries = [_compile(item, accepts, False, node_ids, found) for item in value]
        return _List(tuple(entry or _Constant(item) for entry, item in zip(entries, value, strict=True)))
    return None


def _compile_json(text: str, is_json: bool, node_ids: Collection[str], found: set[str]) -> _Template | None:
    """An input that holds JSON text: parsed when the input is of type JSON, else it stays text and values are escaped."""
    try:
        data = orjson.loads(text)
    except ValueError:
        return _compile_text(text, True, is_json, node_ids, found)
    if is_json:
        return _compile(data, True, False, node_ids, found)
    return _compile_text(text, True, True, node_ids, found)


def _compile_text(text: str, accepts: bool, in_json: bool, node_ids: Collection[str], found: set[str]) -> _Template | None:
    parts: list[str] = []
    end = 0
    instance = ""
    for match in _REFERENCE.finditer(text):
        reference = match[1]
        root = reference.split(".", 1)[0]
        if root in node_ids:
            instance = reference
        elif not (root in ("$vars", "$flow") or (accepts and reference in _SPECIAL)):
            continue
        parts += [text[end : match.start()], reference]
        end = match.end()
        found.add(reference)
    if not parts:
        return None
    if instance and not accepts:
        return _Instance(instance)
    return _Text((*parts, text[end:]), in_json)


def _look_up(reference: str, scope: Scope) -> Any:
    """The value that a reference names, or `_MISSING`."""
    if reference == "question":
        return scope.question
    if reference == "file_attachment":
        return scope.files_text
    if reference == "chat_history":
        return scope.chat_history
    root, _, path = reference.partition(".")
    if root == "$vars":
        return _at(scope.variables, path)
    if root == "$flow":
        return _at(scope.flow, path)
    instance = scope.instances.get(root)
    inner = path.split(".", 2)
    if len(inner) < 3:
        return instance
    data = _parsed(instance) if isinstance(instance, str) else instance
    value = _at(data, inner[2])
    return instance if value is _MISSING and isinstance(instance, str) else None if value is _MISSING else value


def _parsed(text: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return orjson.loads(text)
        except ValueError:
            return text
    return text


def _at(data: Any, path: str) -> Any:
    """The value at a path such as `a.b[0].c`, or `_MISSING` when there is none or it is null."""
    for key in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(data, Mapping):
            data = data.get(key)
        elif isinstance(data, list) and key.isdigit() and int(key) < len(data):
            data = data[int(key)]
        else:
            return _MISSING
        if data is None:
            return _MISSING
    return data
