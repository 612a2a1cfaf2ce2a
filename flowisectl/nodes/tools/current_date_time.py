"""Tells the date and the time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters

SPEC = ToolSpec(
    name="current_date_time",
    description="Useful to get current day, date and time.",
    parameters=parameters({}),
)


class CurrentDateTime(Node):
    definition = NodeDefinition(
        name="currentDateTime",
        label="CurrentDateTime",
        category="Tools",
        version=1.0,
        base_classes=("CurrentDateTime", "Tool"),
        description="Tells the date and the time",
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        return FunctionTool(spec=SPEC, function=_tell)


async def _tell(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
    return described(datetime.now(UTC))


def described(now: datetime) -> str:
    """`{date, time, day, timezone, timezoneOffset, iso8601, unix_timestamp}` as JSON; date and iso8601 in UTC, the rest local."""
    local = now.astimezone()
    minutes = -int((local.utcoffset() or timedelta()).total_seconds() // 60)
    utc = now.astimezone(UTC)
    data = {
        "date": utc.date().isoformat(),
        "time": local.strftime("%H:%M:%S"),
        "day": local.strftime("%A"),
        "timezone": local.tzname() or "UTC",
        "timezoneOffset": minutes,
        "iso8601": utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z",
        "unix_timestamp": int(now.timestamp()),
    }
    return orjson.dumps(data).decode()
