"""What `flowisectl shadow` shows."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.shadowing.report import FlowComparison, ShadowReport
from flowisectl.cli.views.columns import Column, Columns, one_line
from flowisectl.cli.views.theme import WIDTH
from flowisectl.cli.views.wrapping import hanging

_TABLE = Columns(
    Column("", 1, gap=" "),
    Column("flow", 38),
    Column("asked", 6, is_right=True),
    Column("same", 6, is_right=True),
    Column("differ", 6, is_right=True),
    Column("failed", 6, is_right=True, gap=""),
)


def shadow_view(report: ShadowReport) -> RenderableType:
    """One line for each flow, below it what differs, each kind of difference once with an example."""
    lines: list[RenderableType] = [Text.assemble(("compared with ", "faint"), (report.url, "name")), Text()]
    flows = sorted(report.flows.values(), key=lambda flow: (bool(flow.left_out), flow.name, flow.flow_id))
    asked = [flow for flow in flows if not flow.left_out]
    if asked:
        lines.append(_TABLE.head())
    for flow in asked:
        lines += _flow(flow)
    left_out = [flow for flow in flows if flow.left_out]
    if left_out:
        lines += [Text(), Text("left out", "title")]
        lines += [hanging(Text.assemble("  ", (flow.name or flow.flow_id, "name"), " "), flow.left_out, "faint") for flow in left_out]
    return Group(*lines, Text(), _end(report))


def _flow(flow: FlowComparison) -> Iterator[RenderableType]:
    failed = sum(flow.problems.values())
    is_same = flow.asked == flow.same
    sign = Text("✓", "state.good") if is_same else Text("✗", "state.bad") if flow.different else Text("!", "state.waiting")
    name = Text(flow.name or flow.flow_id, "name")
    yield _TABLE.line([sign, name, str(flow.asked), str(flow.same), str(flow.different), str(failed)])
    for (path, kind), examples in flow.differences.items():
        job_id, example = examples[0]
        count = flow.counts[(path, kind)]
        yield one_line(f"{path}: {kind} ({count}×, job {job_id[:8]})", WIDTH, indent=4)
        for whose, value in (("here", example.ours), ("there", example.theirs)):
            if value:
                yield one_line(f"{whose:<6}{value}", WIDTH, indent=6, style="faint")
    for problem, count in flow.problems.items():
        yield one_line(f"{count}× {problem}", WIDTH, indent=4)
    for reason, count in flow.skipped.items():
        yield one_line(f"{count}× not asked: {reason}", WIDTH, indent=4, style="faint")


def _end(report: ShadowReport) -> Text:
    if not report.asked:
        return Text("nothing was compared: no finished prediction of a flow that may be asked again", "state.waiting")
    if report.is_equal:
        return Text(f"no difference in {report.asked} answers", "state.good")
    return Text(f"{sum(flow.different for flow in report.flows.values())} of {report.asked} answers differ", "state.bad")
