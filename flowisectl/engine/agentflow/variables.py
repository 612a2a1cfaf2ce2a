"""`{{…}}` in the inputs of agentflow nodes.

Only inputs whose exported definition accepts variables are touched, all texts inside them included; in `<param>Config` objects it
is the named component's own definition that says so. Editor content becomes Markdown first. References that nothing is known
about stay as they are written: `{{ output }}` is filled later, by the node's own result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from flowisectl.engine.agentflow.js_values import MISSING, get_path, text_of
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.flow import FlowNode
from flowisectl.engine.rich_text import markdown_of
from flowisectl.errors import UnknownNode

_KEPT_LENGTH = 50_000
_NOT_IN_NAMES = str.maketrans("", "", "{}\\")
"""Markdown escapes underscores, and a brace too many (`{{{question}}`) does no harm; names have neither."""


@dataclass(frozen=True)
class Reference:
    """One `{{…}}`: as it is written, and the name inside."""

    written: str
    name: str


def parse_template(text: str) -> tuple[str | Reference, ...]:
    """A text in pieces, editor content as Markdown; one piece when nothing is to be filled in.

    The texts of flows come again with every request, so they are kept.
    """
    return _kept(text) if len(text) <= _KEPT_LENGTH else _parse(text)


@lru_cache(maxsize=2048)
def _kept(text: str) -> tuple[str | Reference, ...]:
    return _parse(text)


def _parse(text: str) -> tuple[str | Reference, ...]:
    text = markdown_of(text)
    pieces: list[str | Reference] = []
    end = 0
    for start, stop in _references(text):
        if start > end:
            pieces.append(text[end:start])
        pieces.append(Reference(text[start:stop], text[start:stop].translate(_NOT_IN_NAMES).strip()))
        end = stop
    if end < len(text) or not pieces:
        pieces.append(text[end:])
    return tuple(pieces)


def _references(text: str) -> Iterator[tuple[int, int]]:
    """Where each `{{…}}` begins and ends: from its first braces to the next closing ones on the same line.

    Looked for by hand, because a pattern takes quadratic time over braces that never close.
    """
    position = 0
    while (start := text.find("{{", position)) >= 0:
        stop = text.find("}}", start + 2)
        if stop < 0:
            return
        line_end = text.find("\n", start, stop)
        if line_end >= 0:
            position = line_end + 1
            continue
        position = stop + 2
        yield start, position


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What references may name while one node is prepared."""

    question: str = ""
    files_text: str = ""
    form: Mapping[str, Any] | None = None
    webhook: Mapping[str, Any] | None = None
    chat_history: Callable[[], str] = str
    runtime_length: int = 0
    loop_count: int = 0
    iteration: Mapping[str, Any] | None = None
    """`{index, value, isFirst, isLast, sessionId}` of the item that is worked on."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    flow: Mapping[str, Any] = field(default_factory=dict)
    """`$flow`"""
    output_of: Callable[[str], Mapping[str, Any] | None] = lambda node_id: None
    """Node id → the output of its latest execution."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @cached_property
    def _history_text(self) -> str:
        return self.chat_history()

    def fill(self, text: str) -> Any:
        """A text with its references filled in. Only `{{nodeId.output.path}}` standing alone keeps its type."""
        pieces = parse_template(text)
        if len(pieces) == 1:
            piece = pieces[0]
            if isinstance(piece, str):
                return piece
            value = self._value(piece.name)
            if value is MISSING:
                return piece.written
            if ".output." in piece.name and not isinstance(value, (Mapping, list)):
                return value
            return self._with_files(text_of(value), pieces)
        parts = []
        for piece in pieces:
            if isinstance(piece, str):
                parts.append(piece)
            else:
                value = self._value(piece.name)
                parts.append(piece.written if value is MISSING else text_of(value))
        return self._with_files("".join(parts), pieces)

    def _with_files(self, text: str, pieces: tuple[str | Reference, ...]) -> str:
        """The texts of attached files stand before a text that has the question in it, once for each time it does."""
        if not self.files_text:
            return text
        count = sum(1 for piece in pieces if isinstance(piece, Reference) and piece.name == "question")
        return f"{self.files_text}\n\n" * count + text

    def _value(self, name: str) -> Any:
        match name:
            case "question":
                return self.question
            case "file_attachment":
                return self.files_text
            case "chat_history":
                return self._history_text
            case "runtime_messages_length":
                return self.runtime_length
            case "loop_count":
                return self.loop_count
            case "current_date_time":
                return self.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if name.startswith("$"):
            return self._special(name)
        # Ids may have dots themselves.
        node_id, mark, path = name.partition(".output.")
        output = self.output_of(node_id) if mark and path else None
        value = MISSING if output is None else get_path(output, path)
        return self._content_of(name) if value is MISSING else value

    def _special(self, name: str) -> Any:
        root, _, path = name.partition(".")
        if name.startswith("$iteration"):
            return self._iteration(path)
        sources = {"$form": self.form, "$webhook": self.webhook, "$vars": self.variables, "$flow": self.flow}
        source = sources.get(root)
        if source is None or not path:
            return MISSING
        value = get_path(source, path)
        return MISSING if value is None else value

    def _iteration(self, path: str) -> Any:
        """The current item, or a path into it. Of a text every path is the text; items that count as false stay unfilled."""
        value = self.iteration.get("value") if self.iteration else None
        if not value and not isinstance(value, (Mapping, list)):
            return MISSING
        if isinstance(value, str) or not path:
            return value
        found = get_path(value, path)
        # Items need not all have the same members, and existing flows read what is not there as this.
        return "undefined" if found is MISSING and isinstance(value, (Mapping, list)) else found

    def _content_of(self, node_id: str) -> Any:
        output = self.output_of(node_id)
        if output is None:
            return MISSING
        content = output.get("content")
        if content is None:
            http = output.get("http")
            content = http.get("data") if isinstance(http, Mapping) else None
        return MISSING if content is None else content


def resolve_inputs(node: FlowNode, inputs: Mapping[str, Any], scope: Scope, catalogue: NodeCatalogue) -> dict[str, Any]:
    """A node's inputs with their references filled in. Raises nothing: what cannot be filled stays as it is written."""
    values = {name: _fill(value, scope) if node.accepts_variable(name) else value for name, value in inputs.items()}
    for name, param in node.params.items():
        if param.get("loadConfig"):
            _fill_config(values, name, scope, catalogue)
        array = param.get("array")
        if isinstance(array, list) and isinstance(values.get(name), list):
            for inner in (str(item["name"]) for item in array if isinstance(item, Mapping) and item.get("loadConfig")):
                values[name] = [_filled_item(item, inner, scope, catalogue) for item in values[name]]
    return values


def _fill(value: Any, scope: Scope) -> Any:
    if isinstance(value, str):
        return scope.fill(value)
    if isinstance(value, list):
        return [_fill(item, scope) for item in value]
    if isinstance(value, Mapping):
        return {name: _fill(item, scope) for name, item in value.items()}
    return value


def _filled_item(item: Any, name: str, scope: Scope, catalogue: NodeCatalogue) -> Any:
    if not isinstance(item, Mapping):
        return item
    values = dict(item)
    _fill_config(values, name, scope, catalogue)
    return values


def _fill_config(values: dict[str, Any], name: str, scope: Scope, catalogue: NodeCatalogue) -> None:
    """Fill in the inputs of a component that a node names in an input of its own."""
    component, config = values.get(name), values.get(f"{name}Config")
    if not isinstance(component, str) or not isinstance(config, Mapping):
        return
    try:
        accepting = {param.name for param in catalogue.get(component).definition.inputs if param.accept_variable}
    except UnknownNode:
        # The node itself reports it when it needs the component.
        return
    if accepting:
        values[f"{name}Config"] = {key: _fill(value, scope) if key in accepting else value for key, value in config.items()}
