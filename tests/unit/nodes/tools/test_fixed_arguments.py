"""Nodes that act in an account: what their author fills in for an action reaches the service, whatever a call says."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

import orjson
import pytest

from flowisectl.engine.node import Node, NodeInputs, NodeParam
from flowisectl.interfaces.http import HttpCall, HttpResponse
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import run_context

CATALOGUE = load_catalogue()
NODES = (
    "gmail", "googleCalendarTool", "googleDocsTool", "googleDriveTool", "googleSheetsTool", "jiraTool", "microsoftOutlook",
    "microsoftTeams",
)  # fmt: skip
LOGIN = {"access_token": "tk-0123", "bearerToken": "tk-0123"}
ADDRESSES = re.compile(r"attendees|e?mail|(^|[a-z])(to|cc|bcc)(?![a-z])", re.IGNORECASE)
DIFFERENT = {
    ("googleCalendarTool", "createEvent"): {"startDateTime", "endDateTime", "timeZone", "allDay"},  # an event of whole days has none
    ("googleCalendarTool", "updateEvent"): {"startDateTime", "endDateTime", "timeZone", "allDay"},
    ("googleSheetsTool", "createSpreadsheet"): {"spreadsheetId", "sheetCount"},  # it has no id yet; so many sheets are named
    ("jiraTool", "listIssues"): {"projectKey"},  # a search of one's own says it all
    ("microsoftTeams", "listChannels"): {"maxResultsListChannels"},  # what comes is cut
}


class KeepingHttp:
    """Answers every request alike, and keeps them."""

    def __init__(self) -> None:
        self.calls: list[HttpCall] = []

    async def request(self, call: HttpCall) -> HttpResponse:
        self.calls.append(call)
        body = {"id": "x1", "documentId": "d", "body": {"content": [{"endIndex": 5}]}, "payload": {"headers": []}, "threadId": "t"}
        return HttpResponse(status=200, reason="OK", headers={}, body=orjson.dumps(body))

    def stream(self, call: HttpCall) -> Any:
        raise AssertionError("no streams here")

    @property
    def text(self) -> str:
        """Everything that was sent; Gmail takes whole messages as base64."""
        sent = " ".join(f"{unquote_plus(call.url)} {(call.body or b'').decode('utf8', 'replace')}" for call in self.calls)
        packed = re.findall(r'"raw":"([^"]+)"', sent)
        return " ".join([sent, *(base64.urlsafe_b64decode(part + "==").decode() for part in packed)])


def actions() -> Iterator[tuple[str, NodeParam, str]]:
    for name in NODES:
        for param in CATALOGUE.get(name).definition.inputs:
            if param.type == "multiOptions":
                for option in param.options:
                    yield name, param, option.name


def shown(param: NodeParam, chosen: Mapping[str, Any]) -> bool:
    """Whether an editor shows the input for what was chosen."""
    return bool(param.show) and all(
        chosen.get(name) in (value if isinstance(value, list) else [value]) for name, value in param.show.items()
    )


def filled(param: NodeParam, number: int) -> Any:
    match param.type:
        case "number":
            return 7000 + number
        case "boolean":
            return param.default is not True
        case "options":
            return [option.name for option in param.options if option.name != param.default][-1]
    if param.name == "values":
        return f'[{{"range": "A1", "values": [["s{number}z"]]}}]'
    if "Date" in param.name or (param.name.startswith(("time", "freebusyTime")) and param.name.endswith(("Min", "Max"))):
        return f"2031-01-0{1 + number % 9}T10:{number % 60:02d}:00Z"
    return f"s{number}@x.test" if ADDRESSES.search(param.name) else f"s{number}z"


@pytest.mark.parametrize(("name", "param", "action"), [*actions()], ids=[f"{name}-{action}" for name, _, action in actions()])
async def test_what_the_author_fills_in_is_sent_whatever_the_call_says(name: str, param: NodeParam, action: str) -> None:
    node: Node = CATALOGUE.get(name)
    kind = {field: value[0] if isinstance(value, list) else value for field, value in param.show.items()}
    chosen = {**kind, param.name: action}
    given = {
        other.name: filled(other, number)
        for number, other in enumerate(node.definition.inputs)
        if other.type not in ("multiOptions", "asyncOptions") and other.name not in chosen and shown(other, chosen)
    }
    http = KeepingHttp()
    values = {**given, **kind, param.name: orjson.dumps([action]).decode(), "jiraHost": "https://j.test"}

    [tool] = await node.build(NodeInputs(values, node_id="n_0", label="N", credential=LOGIN), run_context(http=http))
    asked = tool.spec.parameters["properties"]
    await tool.call({argument: "another" for argument, about in asked.items() if about["type"] == "string"}, {})

    sent = http.text.lower()
    lost = {field for field, value in given.items() if not all(part.lower() in sent for part in parts_of(value))}
    assert lost == DIFFERENT.get((name, action), set())


def parts_of(value: Any) -> list[str]:
    return re.findall(r"s\d+z", value) if isinstance(value, str) and value.startswith("[") else [str(value)]
