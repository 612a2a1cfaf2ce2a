"""Every stored flow of a database: does it run here, and if not, what does it need?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from flowisectl.cli.installed_extras import has_extra
from flowisectl.cli.takeover.report import FlowFound
from flowisectl.database.chat_flow import TABLE
from flowisectl.database.connection import Database
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.flow import Flow, parse_flow
from flowisectl.engine.flow_check import Verdict, check_flow
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.credential_types import secret_fields

_ORDER = (Verdict.NOT_SUPPORTED, Verdict.NEEDS_EXTRA, Verdict.NEEDS_CREDENTIAL, Verdict.RUNS)
UNREADABLE = "cannot be read"
_CREDENTIAL_MEMBERS = ("FLOWISE_CREDENTIAL_ID", "credentialId")
_MAX_DEPTH = 20


async def judge_flows(
    database: Database, catalogue: NodeCatalogue, *, credentials: Mapping[str, str], closed: Collection[str]
) -> list[FlowFound]:
    """The verdicts, by name. `credentials` are id → name of those that exist, `closed` the ids that the key does not open.

    Raises DatabaseUnavailable.
    """
    rows = await database.fetch(database.selection(TABLE).order_by(TABLE.c.name, TABLE.c.id))
    open_ids = set(credentials) - set(closed)
    return [_judge(row, catalogue, credentials, open_ids) for row in rows]


def _judge(row: Mapping[str, Any], catalogue: NodeCatalogue, credentials: Mapping[str, str], open_ids: Collection[str]) -> FlowFound:
    kind = str(row["type"] or "CHATFLOW")
    try:
        flow = parse_flow(row["flowData"], id=row["id"], name=row["name"], kind=kind)
    except InvalidFlow as error:
        return FlowFound(id=row["id"], name=row["name"], type=kind, verdict=UNREADABLE, reasons=(str(error),))
    found = check_flow(flow, catalogue, has_extra=has_extra, secret_fields=secret_fields(), credential_ids=open_ids)
    reasons: dict[str, list[str]] = {}
    for node in found.nodes:
        if node.verdict is not Verdict.RUNS:
            reason = node.remedy if node.verdict is not Verdict.NOT_SUPPORTED else f"{node.name} is not supported yet: {node.remedy}"
            reasons.setdefault(reason, []).append(node.node_id)
    verdict = next((step for step in _ORDER if any(node.verdict is step for node in found.nodes)), Verdict.RUNS)
    for node_id, credential_id in named_credentials(flow):
        if credential_id not in open_ids:
            name = credentials.get(credential_id)
            what = f"credential {name!r} does not open with this key" if name else f"credential {credential_id} does not exist"
            reasons.setdefault(what, []).append(node_id)
            verdict = Verdict.NEEDS_CREDENTIAL if verdict is Verdict.RUNS else verdict
    lines = tuple(f"{', '.join(dict.fromkeys(nodes))}: {reason}" for reason, nodes in reasons.items())
    return FlowFound(id=row["id"], name=row["name"], type=kind, verdict=verdict.value, reasons=lines)


def named_credentials(flow: Flow) -> Iterator[tuple[str, str]]:
    """(node, credential id) of every credential that a flow names, on a node or within its inputs."""
    for node in flow.nodes:
        for credential_id in dict.fromkeys(([node.credential_id] if node.credential_id else []) + [*_within(node.inputs, 0)]):
            yield node.id, credential_id


def _within(value: Any, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name in _CREDENTIAL_MEMBERS and isinstance(item, str) and item:
                yield item
            else:
                yield from _within(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _within(item, depth + 1)
