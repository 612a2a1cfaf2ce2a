"""What a node is: a definition that is plain data, and `build` or `run`.

Names, inputs and versions of a definition are the contract with exported flows; they stay as the export has them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

import orjson

from flowisectl.errors import MissingInput
from flowisectl.interfaces.lenient_json import parse_lenient

if TYPE_CHECKING:
    from flowisectl.engine.context import RunContext

_CONNECTION = re.compile(r"\{\{[^{}]+\.data\.instance\}\}")
_SPELLINGS = {
    "accept_node_output": "acceptNodeOutputAsVariable",
    "accept_variable": "acceptVariable",
    "additional": "additionalParams",
    "file_type": "fileType",
    "free_solo": "freeSolo",
    "load_method": "loadMethod",
    "load_config": "loadConfig",
    "tab_identifier": "tabIdentifier",
}


@dataclass(frozen=True)
class Option:
    """One entry of a choice."""

    label: str
    name: str
    description: str = ""

    def to_json(self) -> dict[str, Any]:
        data = {"label": self.label, "name": self.name}
        return {**data, "description": self.description} if self.description else data


@dataclass(frozen=True)
class NodeParam:
    """One input: a form field or, when `type` is a class name such as `BaseChatModel`, a socket."""

    name: str
    label: str
    type: str
    default: Any = None
    optional: bool = field(default=False, kw_only=True)
    description: str = field(default="", kw_only=True)
    placeholder: str = field(default="", kw_only=True)
    options: tuple[Option, ...] = field(default=(), kw_only=True)
    list: bool = field(default=False, kw_only=True)
    """A socket that takes several connections."""
    step: float | None = field(default=None, kw_only=True)
    rows: int | None = field(default=None, kw_only=True)
    accept_variable: bool = field(default=False, kw_only=True)
    """`{{…}}` in the value is resolved as text."""
    additional: bool = field(default=False, kw_only=True)
    """Shown under "Additional Parameters"."""
    load_method: str = field(default="", kw_only=True)
    file_type: str = field(default="", kw_only=True)
    """Which files an input of type `file` takes: endings between commas, or `*`. Flows carry it, and clients offer such uploads."""
    free_solo: bool = field(default=False, kw_only=True)
    """Text of one's own may stand in for a choice."""
    accept_node_output: bool = field(default=False, kw_only=True)
    """`{{ output }}` in the value is what the node itself answered."""
    hidden: bool = field(default=False, kw_only=True)
    """Not shown in the form; only overrides set it."""
    load_config: bool = field(default=False, kw_only=True)
    """The value names another component; that component's inputs stand under `<name>Config`."""
    array: tuple[NodeParam, ...] = field(default=(), kw_only=True)
    """The fields of one item, for type `array`."""
    tabs: tuple[NodeParam, ...] = field(default=(), kw_only=True)
    """The fields to choose from, for types `tabs` and `conditionFunction`; `<tab_identifier>_<node id>` names the chosen one."""
    tab_identifier: str = field(default="", kw_only=True)
    datagrid: tuple[Mapping[str, Any], ...] = field(default=(), kw_only=True)
    """The columns of a table, as the editor's grid takes them."""
    show: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    hide: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def to_json(self) -> dict[str, Any]:
        """The definition as `GET /api/v1/nodes` shows it; members that say nothing are left out."""
        data: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            says_nothing = value is None or value == "" or value is False or value == () or value == {}
            if says_nothing and (item.name != "default" or value is None):
                continue
            if item.name in ("options", "array", "tabs"):
                value = [entry.to_json() for entry in value]
            elif item.name == "datagrid":
                value = [dict(column) for column in value]
            elif isinstance(value, Mapping):
                value = dict(value)
            data[_SPELLINGS.get(item.name, item.name)] = value
        return data


@dataclass(frozen=True)
class CredentialParam:
    """The credential that a node takes; `names` are credential types."""

    names: tuple[str, ...]
    optional: bool = False

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {"label": "Connect Credential", "name": "credential", "type": "credential", "credentialNames": [*self.names]}
        return {**data, "optional": True} if self.optional else data


@dataclass(frozen=True)
class NodeOutput:
    """One of several outputs to choose from."""

    name: str
    label: str
    base_classes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"label": self.label, "name": self.name, "baseClasses": [*self.base_classes]}


@dataclass(frozen=True, kw_only=True)
class NodeDefinition:
    name: str
    label: str
    category: str
    version: float
    base_classes: tuple[str, ...]
    type: str = ""
    """The first of `base_classes` when it is empty."""
    description: str = ""
    inputs: tuple[NodeParam, ...] = ()
    outputs: tuple[NodeOutput, ...] = ()
    credential: CredentialParam | None = None
    tags: tuple[str, ...] = ()
    extra: str = ""
    """The extra of this package that the node's library comes with, or an empty text."""
    color: str = ""
    hide_input: bool = False
    hide_output: bool = False

    def to_json(self) -> dict[str, Any]:
        """The definition as `GET /api/v1/nodes` shows it."""
        data: dict[str, Any] = {
            "label": self.label,
            "name": self.name,
            "version": self.version,
            "type": self.type or self.base_classes[0],
            "category": self.category,
            "description": self.description,
            "baseClasses": [*self.base_classes],
            "inputs": [param.to_json() for param in self.inputs],
        }
        if self.credential:
            data["credential"] = self.credential.to_json()
        if self.outputs:
            data["outputs"] = [output.to_json() for output in self.outputs]
        for name, value in (
            ("tags", [*self.tags]),
            ("color", self.color),
            ("hideInput", self.hide_input),
            ("hideOutput", self.hide_output),
        ):
            if value:
                data[name] = value
        return data


class NodeInputs:
    """One node's inputs with overrides, variables and upstream objects resolved, read with a type.

    Exported values are loose: numbers and booleans may be text, and an empty text means unset. The readers here hide that.
    `credential` holds the decrypted fields of the node's credential; `secret` looks into the inputs first, then there.
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        node_id: str = "",
        label: str = "",
        output: str = "",
        credential: Mapping[str, Any] | None = None,
        params: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.values = values
        self.node_id = node_id
        self.label = label
        self.output = output
        """The chosen output, for nodes with several."""
        self.credential = credential or {}
        self._params = params or {}

    def get(self, name: str, default: Any = None) -> Any:
        """The value as it is, or the default when it is unset (missing, None or an empty text).

        Raises MissingInput for a socket that still has the text of its connection: the flow doesn't have the node that it names.
        """
        value = self.values.get(name)
        if isinstance(value, str) and name not in self._params and _CONNECTION.fullmatch(value):
            raise self._unconnected(name, value)
        return default if value is None or value == "" else value

    def _unconnected(self, name: str, value: str) -> MissingInput:
        return MissingInput(f"node {self.node_id!r} ({self.label}): its input {name!r} leads to {value}, which is gone: connect it anew")

    def require(self, name: str) -> Any:
        """The value as it is. Raises MissingInput when it is unset."""
        value = self.get(name)
        if value is None:
            raise MissingInput(f"node {self.node_id!r} ({self.label}) needs its input {name!r}: connect or fill it in")
        return value

    def text(self, name: str, default: str = "") -> str:
        value = self.get(name)
        if value is None:
            return default
        return value if isinstance(value, str) else orjson.dumps(value).decode() if isinstance(value, (dict, list)) else str(value)

    def wording(self, name: str, fallback: str) -> str:
        """A text that tells a model or a user something: as it is filled in, else as the flow's own definition of the input has it.

        The fallback is for flows that carry none.
        """
        value = self.text(name)
        if value:
            return value
        carried = (self._params.get(name) or {}).get("default")
        return carried if isinstance(carried, str) and carried else fallback

    def number(self, name: str, default: float | None = None) -> float | None:
        """A number; text that is none counts as unset."""
        value = self.get(name)
        if value is None or isinstance(value, bool):
            return default
        try:
            number = float(value)
        except (TypeError, ValueError):
            return default
        return number if math.isfinite(number) else default

    def integer(self, name: str, default: int | None = None) -> int | None:
        number = self.number(name)
        return default if number is None else int(number)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.get(name)
        if value is None:
            return default
        return value.strip().lower() == "true" if isinstance(value, str) else bool(value)

    def json(self, name: str, default: Any = None) -> Any:
        """JSON data, given as such or as (lenient) JSON text; text that is none counts as unset."""
        value = self.get(name)
        if not isinstance(value, str):
            return default if value is None else value
        try:
            return parse_lenient(value)
        except ValueError:
            return default

    def items(self, name: str) -> list[Any]:
        """The connections of a list socket: nested lists flattened, empty entries dropped. Raises MissingInput as `get` does."""
        found = _flatten(self.values.get(name))
        if gone := next((value for value in found if isinstance(value, str) and _CONNECTION.fullmatch(value)), ""):
            raise self._unconnected(name, gone)
        return found

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """The items of an `array` param, given as such or as JSON text."""
        value = self.json(name)
        return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []

    def secret(self, name: str, default: str = "") -> str:
        """A field of the credential; an input of the same name wins, as overrides rely on."""
        value = self.get(name)
        if value is None:
            value = self.credential.get(name)
        return default if value is None or value == "" else str(value)


def _flatten(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, (list, tuple)):
        return [entry for item in value for entry in _flatten(item)]
    return [value]


class Node:
    """A node type. Subclasses set `definition` and implement `build`, `run` or both.

    One instance serves every run of the process, so a node keeps nothing between calls.
    """

    definition: ClassVar[NodeDefinition]

    async def build(self, inputs: NodeInputs, context: RunContext) -> Any:
        """Make the object that other nodes plug in (a model, a memory, a prompt …)."""
        raise MissingInput(f"node type {self.definition.name!r} gives nothing that another node could use")

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any] | str:
        """Answer, as the ending node of a chatflow: a text, or `{text | json, sourceDocuments?, usedTools? …}`."""
        raise MissingInput(f"node type {self.definition.name!r} cannot be the end of a flow")
