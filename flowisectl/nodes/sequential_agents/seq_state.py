"""The values that sequential agents read and change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.channels import APPEND, OVERWRITE, REPLACE, Channel, Reduce
from flowisectl.engine.legacy.parts import StatePart
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_function import call_user_function, lenient_json
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.sequential_agents._params import CATEGORY, chosen_tab
from flowisectl.nodes.sequential_agents._tables import table_rows

_TAB = "selectedStateTab"
_TABLE = "stateMemoryUI"
_CODE = "stateMemoryCode"
_CUSTOM = "custom"

_LOOK = """
const kind = (value) => {
  if (typeof value !== "function") return "overwrite";
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  try { if (same(value([1, 2], [3]), [1, 2, 3]) && same(value([], [1]), [1])) return "append"; } catch (error) {}
  try { if (value("a", "b") === "b") return value("a", null) === "a" ? "replace" : value("a", null) === null ? "overwrite" : "custom"; }
  catch (error) {}
  return "custom";
};
return Object.fromEntries(Object.entries($schema).map(([key, { value, default: start }]) =>
  [key, { kind: kind(value), default: (typeof start === "function" ? start() : start) ?? null }]));
"""
"""Which rule each value of the schema follows; common rules then need no JavaScript while the agents work."""


class SeqState(Node):
    definition = NodeDefinition(
        name="seqState",
        label="State",
        category=CATEGORY,
        version=2.0,
        base_classes=("State",),
        description="Values that nodes read and change while they work",
        inputs=(
            NodeParam(
                "stateMemory",
                "Custom State",
                "tabs",
                _TABLE,
                additional=True,
                tab_identifier=_TAB,
                tabs=(
                    NodeParam(
                        _TABLE,
                        "Custom State (Table)",
                        "datagrid",
                        optional=True,
                        additional=True,
                        description="Append makes a list that grows; Replace keeps the newest value that is not null",
                        datagrid=(
                            {"field": "key", "headerName": "Key", "editable": True},
                            {
                                "field": "type",
                                "headerName": "Operation",
                                "type": "singleSelect",
                                "valueOptions": ["Replace", "Append"],
                                "editable": True,
                            },
                            {"field": "defaultValue", "headerName": "Default Value", "flex": 1, "editable": True},
                        ),
                    ),
                    NodeParam(
                        _CODE,
                        "Custom State (Code)",
                        "code",
                        optional=True,
                        additional=True,
                        description="A JavaScript object: for each key `value`, which joins the old and the new value, and `default`",
                    ),
                ),
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> StatePart:
        if chosen_tab(inputs, _TAB, _TABLE, _CODE) == _CODE:
            channels = await _coded(inputs, context)
        else:
            channels = {str(row["key"]): _channel(row) for row in table_rows(inputs, _TABLE) if row.get("key") and row["key"] != "messages"}
        return StatePart(node_id=inputs.node_id, label=inputs.label, channels=channels)


def _channel(row: Mapping[str, Any]) -> Channel:
    start = row.get("defaultValue")
    if row.get("type") == "Append":
        data = lenient_json(start) if isinstance(start, str) else start
        return Channel(kind=APPEND, default=data if isinstance(data, list) else [] if data in (None, "") else [data])
    return Channel(kind=REPLACE, default=None if start == "" else start)


async def _coded(inputs: NodeInputs, context: RunContext) -> dict[str, Channel]:
    code = inputs.text(_CODE).strip().removeprefix("return").strip().removesuffix(";")
    if not code:
        return {}
    schema = f"const $schema = ({code}\n); "

    async def run(body: str, extra: Mapping[str, Any]) -> Any:
        flow = {"chatflowId": context.flow_id, "sessionId": context.session_id, "chatId": context.chat_id}
        return await call_user_function(
            context, schema + body, flow=flow, question=context.request.final_question, variables={}, extra=extra
        )

    def reducer(key: str) -> Reduce:
        async def reduce(old: Any, new: Any) -> Any:
            return await run("return $schema[$key].value($old, $new);", {"$key": key, "$old": old, "$new": new})

        return reduce

    found = await run(_LOOK, {})
    if not isinstance(found, Mapping):
        raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): the code of Custom State must be an object")
    return {
        key: Channel(
            kind=item["kind"] if item["kind"] in (APPEND, REPLACE, OVERWRITE) else REPLACE,
            default=item["default"],
            reduce=reducer(key) if item["kind"] == _CUSTOM else None,
        )
        for key, item in found.items()
        if key != "messages"
    }
