"""How cost grows: with clients, stored flows, nodes, messages of a session, bytes of a question, workers and mains."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from benchmark import flows
from benchmark.chart import Line, Panel, chart
from benchmark.databases import opened, store_flow, store_session
from benchmark.load import run_round
from benchmark.measures import Figures, Row
from benchmark.report import Table, digits
from benchmark.stack import Shape, Stack, running_stack
from benchmark.suite import Wanted
from benchmark.works import AGENTFLOW, CHAIN, FUNCTION, figures_of, measure, warm_up

ROUNDS = 3
CLIENTS = (1, 4, 16, 64, 256, 1000)
FLOWS = (10, 100, 1000)
NODES = (3, 30, 300)
MESSAGES = (0, 100, 10_000)
BYTES = (1_000, 100_000, 5_000_000)
WORKERS = (1, 2, 4)
MAINS = (1, 2)
ALLOWED_EXPONENT = 1.1
"""Linear, with something for noise."""

Say = Callable[[str], None]


@dataclass(kw_only=True)
class Series:
    """One thing that grows, and what each kind of work costs then."""

    name: str
    title: str
    x_label: str
    ticks: Sequence[str]
    rows: list[Row] = field(default_factory=list)
    """Of each kind of work one row for each tick, with the same name."""
    shows_speed: bool = False
    """Predictions a second instead of waits: where more of it is there to get more done."""

    def lines(self, figure: str) -> list[Line]:
        names = list(dict.fromkeys(row.name for row in self.rows))
        return [Line(label=name, values=[row.median(figure) for row in self.rows if row.name == name]) for name in names]

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "title": self.title, "rows": [row.to_json() for row in self.rows]}


async def run_growth(wanted: Wanted, say: Say) -> list[Series]:
    """All series that are wanted; `wanted.only` has parts of their names: clients, flows, nodes, history, payload, workers, mains."""
    made: list[Series] = []
    on_one_stack = {"clients": _clients, "flows": _flows, "nodes": _nodes, "history": _history, "payload": _payload}
    for name, make in on_one_stack.items():
        if not wanted.has(name):
            continue
        async with running_stack(wanted.shape) as stack:
            made.append(await make(stack, say))
    if wanted.has("workers"):
        made.append(await _processes("workers", WORKERS, wanted.shape, say))
    if wanted.has("mains"):
        made.append(await _processes("mains", MAINS, wanted.shape, say))
    return made


async def _clients(stack: Stack, say: Say) -> Series:
    series = Series(name="clients", title="More clients at once", x_label="clients", ticks=[f"{count:,}" for count in CLIENTS])
    for work in (FUNCTION, CHAIN):
        await warm_up(stack, work)
        for count in CLIENTS:
            requests = max(200, 3 * count) if count < 64 else max(640, 2 * count)
            rounds = [await measure(stack, work, clients=count, requests=requests) for _ in range(ROUNDS)]
            series.rows.append(_row(work.flow, count, rounds, say, "clients"))
    return series


async def _flows(stack: Stack, say: Say) -> Series:
    series = Series(name="flows", title="More stored flows, asked in turn", x_label="flows", ticks=[f"{count:,}" for count in FLOWS])
    await warm_up(stack, CHAIN)
    ids: list[str] = []
    for count in FLOWS:
        async with opened(stack.environment, stack.folder) as database:
            for number in range(len(ids), count):
                ids.append(await store_flow(database, f"flow {number}", flows.chain_flow(stack.model_url)))
        rounds = [await _over(stack, ids, requests=max(600, count)) for _ in range(ROUNDS)]
        series.rows.append(_row("chain", count, rounds, say, "flows"))
    return series


async def _over(stack: Stack, ids: Sequence[str], requests: int) -> Figures:
    before = stack.cpu()
    done = await run_round(
        stack.addresses, lambda number: f"/api/v1/prediction/{ids[number % len(ids)]}", {"question": "hello"}, clients=16, requests=requests
    )
    return figures_of(done, {kind: seconds - before[kind] for kind, seconds in stack.cpu().items()}, 0)


async def _nodes(stack: Stack, say: Say) -> Series:
    series = Series(name="nodes", title="Longer AgentFlows, every node runs", x_label="nodes", ticks=[f"{count:,}" for count in NODES])
    for count in NODES:
        flow_id = await stack.flow(f"long {count}", flows.long_flow(count))
        await measure(stack, FUNCTION, clients=4, requests=8, flow_id=flow_id)
        rounds = [await measure(stack, FUNCTION, clients=4, requests=max(12, 600 // count), flow_id=flow_id) for _ in range(ROUNDS)]
        series.rows.append(_row("AgentFlow of JavaScript nodes", count, rounds, say, "nodes"))
    return series


async def _history(stack: Stack, say: Say) -> Series:
    """A session that has been going on. Without a window every message goes to the model, so that its cost must grow with them."""
    series = Series(name="history", title="Longer sessions", x_label="messages in the session", ticks=[f"{count:,}" for count in MESSAGES])
    works: list[tuple[str, dict[str, Any]]] = [
        ("no memory", flows.chain_flow(stack.model_url)),
        ("window of 20", flows.agent_flow(stack.model_url, window=20)),
        ("all messages", flows.agent_flow(stack.model_url)),
    ]
    for name, flow in works:
        flow_id = await stack.flow(f"history {name}", flow)
        await measure(stack, AGENTFLOW, clients=4, requests=40, flow_id=flow_id)
        for count in MESSAGES:
            rounds = [await _in_session(stack, flow_id, count, number) for number in range(ROUNDS)]
            series.rows.append(_row(name, count, rounds, say, "messages"))
    return series


async def _in_session(stack: Stack, flow_id: str, messages: int, number: int) -> Figures:
    """The next turns of sessions that have so many messages: few of them, since each adds two more."""
    sessions = [f"{flow_id}-{messages}-{number}-{other}" for other in range(4)]
    async with opened(stack.environment, stack.folder) as database:
        for session in sessions:
            await store_session(database, flow_id, session, messages)
    return await measure(
        stack, AGENTFLOW, clients=1, requests=24, flow_id=flow_id, body=lambda turn: {"chatId": sessions[turn % len(sessions)]}
    )


async def _payload(stack: Stack, say: Say) -> Series:
    labels = [f"{count // 1000:,} KB" if count < 1_000_000 else f"{count // 1_000_000} MB" for count in BYTES]
    series = Series(name="payload", title="Longer questions", x_label="bytes of the question", ticks=labels)
    flow_id = await stack.flow("chain", flows.chain_flow(stack.model_url))
    await warm_up(stack, CHAIN)
    for count in BYTES:
        text = ("word " * (count // 5 + 1))[:count]
        requests = 120 if count <= 1_000 else 40 if count <= 100_000 else 6
        body = {"question": text}
        rounds = [await measure(stack, CHAIN, clients=2, requests=requests, flow_id=flow_id, body=body) for _ in range(ROUNDS)]
        series.rows.append(_row("chain", count, rounds, say, "bytes"))
    return series


async def _processes(kind: str, counts: Sequence[int], shape: Shape, say: Say) -> Series:
    series = Series(name=kind, title=f"More {kind}", x_label=kind, ticks=[str(count) for count in counts], shows_speed=True)
    for work in (FUNCTION, CHAIN):
        for count in counts:
            wider = replace(shape, mains=count) if kind == "mains" else replace(shape, workers=count)
            async with running_stack(wider) as stack:
                await warm_up(stack, work)
                rounds = [await measure(stack, work, clients=work.clients, requests=work.quick_requests) for _ in range(ROUNDS)]
            series.rows.append(_row(work.flow, count, rounds, say, kind))
    return series


def _row(name: str, x: float, rounds: list[Figures], say: Say, what: str) -> Row:
    row = Row(name=name, rounds=rounds, x=x)
    say(f"{name}, {x:,.0f} {what}: p50 {row.median('p50_ms'):.1f} ms, {row.median('cpu_ms'):.2f} ms CPU")
    return row


def exponent(rows: Sequence[Row], figure: str) -> float:
    """How a figure grows over the last step: 0 not at all, 1 as fast as x, 2 as its square."""
    before, last = rows[-2], rows[-1]
    if not before.x or not last.x or not before.median(figure) or not last.median(figure):
        return 0.0
    return math.log(last.median(figure) / before.median(figure)) / math.log(last.x / before.x)


def growth_tables(series: Sequence[Series]) -> list[Table]:
    return [_table(one) for one in series]


def _table(series: Series) -> Table:
    names = list(dict.fromkeys(row.name for row in series.rows))
    cells: list[list[str]] = []
    for name in names:
        rows = [row for row in series.rows if row.name == name]
        for tick, row in zip(series.ticks, rows, strict=True):
            failed = sum(sum(row.of(figure)) for figure in ("errors", "broken_streams") if figure in row)
            figures = [digits(row.median(figure)) for figure in ("per_second", "p50_ms", "p95_ms")]
            parts = [f"{row.median(figure):.2f}" for figure in ("cpu_main_ms", "cpu_worker_ms", "cpu_redis_ms", "cpu_ms")]
            is_last = row is rows[-1] and len(rows) > 1
            cells.append([name, tick, *figures, *parts, f"{exponent(rows, 'cpu_ms'):.2f}" if is_last else "", f"{failed:.0f}"])
    columns = ("work", series.x_label, "/s", "p50", "p95", "main", "worker", "redis", "CPU", "exponent", "failed")
    note = "Times in ms. exponent: how CPU grows over the last step; 0 not at all, 1 in proportion."
    return Table(title=series.title, columns=columns, rows=cells, note=note)


def grows_too_fast(series: Series) -> list[str]:
    """The kinds of work whose CPU grows faster than in proportion."""
    names = list(dict.fromkeys(row.name for row in series.rows))
    return [name for name in names if exponent([row for row in series.rows if row.name == name], "cpu_ms") > ALLOWED_EXPONENT]


def growth_chart(series: Series) -> str:
    first = Panel(title="predictions per second", lines=series.lines("per_second"))
    if not series.shows_speed:
        first = Panel(title="answer after, ms (p50)", lines=series.lines("p50_ms"))
    cpu = Panel(title="CPU per prediction, ms", lines=series.lines("cpu_ms"))
    return chart(series.title, series.x_label, series.ticks, [first, cpu])
