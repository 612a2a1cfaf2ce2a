"""What `flowisectl migrate check` shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.takeover.report import FlowFound, Level, SealedFound, Takeover, VariableFound
from flowisectl.cli.views.columns import Column, Columns
from flowisectl.cli.views.theme import WIDTH
from flowisectl.cli.views.wrapping import hanging

_SIGNS = {Level.FINE: ("✓", "state.good"), Level.WARNING: ("!", "state.waiting"), Level.CANNOT: ("✗", "state.bad")}
_ENDS = {
    Level.FINE: ("it can be taken over: everything runs", "state.good"),
    Level.WARNING: ("it can be taken over; see the lines with !", "state.waiting"),
    Level.CANNOT: ("it cannot be taken over like this; see the lines with ✗", "state.bad"),
}
_NAME_WIDTH = 32
_VERDICTS = ("runs", "needs credential", "needs extra", "not supported yet", "cannot be read")


def takeover_view(takeover: Takeover) -> RenderableType:
    """Findings, flows, closed values, variables, differences, the way back; what is empty is left out."""
    parts: list[RenderableType] = [
        hanging(_head(found.level, found.what), found.text, "faint" if found.level is Level.FINE else "") for found in takeover.findings
    ]
    parts += _flows(takeover.flows)
    parts += _closed(takeover.closed)
    parts += _variables(takeover.variables)
    parts += _list("what differs", takeover.differences, "-")
    parts += _list("the way back", takeover.way_back, "numbers")
    parts += [Text(), Text(*_ENDS[takeover.level])]
    return Group(*parts)


def _head(level: Level, what: str) -> Text:
    sign, style = _SIGNS[level]
    return Text.assemble((f"{sign} ", style), (f"{what:<13}", "name"))


def _flows(flows: Sequence[FlowFound]) -> Iterable[RenderableType]:
    if not flows:
        return
    counts = Counter(flow.verdict for flow in flows)
    summary = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _VERDICTS if counts[verdict])
    yield Text()
    yield Text.assemble(("flows", "title"), (f"  {len(flows)}: {summary}", "faint"))
    columns = Columns(Column("", 1, gap=" "), Column("name", 44), Column("type", 10), Column("verdict", WIDTH - 60, gap=""))
    for flow in flows:
        sign, style = _SIGNS[flow.level]
        yield columns.line([Text(sign, style), Text(flow.name, "name"), Text(flow.type.lower(), "faint"), Text(flow.verdict, style)])
        for reason in flow.reasons:
            yield hanging(Text("    "), reason)


def _closed(closed: Sequence[SealedFound]) -> Iterable[RenderableType]:
    if not closed:
        return
    yield Text()
    yield Text.assemble(("does not open", "title"), ("  `flowisectl credentials check` lists them later as well", "faint"))
    columns = Columns(Column("table", 17), Column("id", 36), Column("name", WIDTH - 57, gap=""))
    yield columns.head()
    for item in closed:
        yield columns.line([item.table, Text(item.id, "faint"), Text(item.name, "name")])


def _variables(variables: Sequence[VariableFound]) -> Iterable[RenderableType]:
    kinds = dict.fromkeys(variable.kind for variable in variables)
    for kind in kinds:
        yield Text()
        yield Text.assemble(("variables", "title"), (f"  {kind}", "faint"))
        for variable in variables:
            if variable.kind == kind:
                sign, style = _SIGNS[variable.level] if variable.level is not Level.FINE else ("·", "faint")
                name = Text.assemble((f"{sign} ", style), (f"{variable.name:<{_NAME_WIDTH}}", "name"), " ")
                yield hanging(name, variable.text, "faint")


def _list(title: str, sentences: Sequence[str], mark: str) -> Iterable[RenderableType]:
    if not sentences:
        return
    yield Text()
    yield Text(title, "title")
    for number, sentence in enumerate(sentences, start=1):
        yield hanging(Text(f"{number}. " if mark == "numbers" else "- "), sentence, "faint")
