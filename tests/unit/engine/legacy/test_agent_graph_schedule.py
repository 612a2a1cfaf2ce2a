"""The schedule of agent graphs, alone: it is pure, so every property is checked over random graphs.

The engine's door shows only what a handful of drawings do; joins, loops and stops meet in more ways than that.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.engine.legacy import schedule
from flowisectl.engine.legacy.schedule import END, Progress, Rules

HEAD = "head"


@dataclass(frozen=True)
class Drawing:
    """A graph without loops: node → its plain followers; nodes are numbered so that edges go upwards."""

    names: list[str]
    follows: dict[str, list[str]]

    @property
    def sources(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for source, targets in self.follows.items():
            for target in targets:
                found.setdefault(target, set()).add(source)
        return found

    @property
    def rules(self) -> Rules:
        return Rules(order=self.names, joins={name: frozenset(before) for name, before in self.sources.items() if len(before) > 1})


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    names = [f"n{number}" for number in range(draw(st.integers(1, 9)))]
    everyone = [HEAD, *names]
    follows: dict[str, list[str]] = {}
    for place, name in enumerate(names, start=1):
        for source in draw(st.lists(st.sampled_from(everyone[:place]), min_size=1, max_size=3, unique=True)):
            follows.setdefault(source, []).append(name)
    return Drawing(names, follows)


def walk(drawing: Drawing, *, through_json: bool = False) -> list[tuple[str, ...]]:
    """The steps of a run in which every node goes on to all its followers."""
    steps: list[tuple[str, ...]] = []
    progress = schedule.begin(drawing.rules, HEAD, drawing.follows.get(HEAD, []))
    while progress.ready:
        assert len(steps) <= len(drawing.names), "a graph without loops ends"
        steps.append(progress.ready)
        arrivals = [(name, target) for name in progress.ready for target in drawing.follows.get(name, [END])]
        progress = schedule.advance(drawing.rules, progress, arrivals)
        if through_json:
            progress = Progress.from_json(orjson.loads(orjson.dumps(progress.to_json())))
    assert not progress.waiting
    return steps


@given(drawings())
def test_every_part_runs_once_and_after_all_that_it_waits_for(drawing: Drawing) -> None:
    steps = walk(drawing)

    ran = [name for step in steps for name in step]
    assert sorted(ran) == sorted(drawing.names)
    done = {HEAD}
    for step in steps:
        for name in step:
            assert drawing.sources[name] <= done
        done.update(step)


@given(drawings())
def test_a_run_taken_up_from_json_at_every_step_goes_the_same_way(drawing: Drawing) -> None:
    assert walk(drawing, through_json=True) == walk(drawing)


@given(drawings(), st.data())
def test_parts_that_are_ready_together_stand_in_the_order_of_the_drawing(drawing: Drawing, data: st.DataObject) -> None:
    targets = data.draw(st.permutations(drawing.names))

    ready = schedule.begin(Rules(order=drawing.names), HEAD, targets).ready

    assert ready == tuple(drawing.names)


@given(st.data())
def test_random_choices_never_run_a_join_before_all_its_sources(data: st.DataObject) -> None:
    names = ["a", "b", "c", "d", "join"]
    rules = Rules(order=names, joins={"join": frozenset({"a", "b", "c"})})
    progress = schedule.begin(rules, HEAD, data.draw(st.lists(st.sampled_from(names[:4]), min_size=1, unique=True)))
    arrived: set[str] = set()
    for _ in range(30):
        if not progress.ready:
            break
        arrivals = []
        for name in progress.ready:
            targets = data.draw(st.lists(st.sampled_from([*names, END]), max_size=3, unique=True)) if name != "d" else ["a", "b"]
            arrivals += [(name, target) for target in targets if not (name in ("d", "join") and target == "join")]
        arrived |= {source for source, target in arrivals if target == "join"}
        progress = schedule.advance(rules, progress, arrivals)
        assert ("join" in progress.ready) == (arrived >= {"a", "b", "c"})
        if "join" in progress.ready:
            arrived = set()
        assert set(progress.waiting.get("join", ())) == arrived


def test_an_arrival_that_is_no_join_makes_a_part_ready_at_once() -> None:
    rules = Rules(order=["a", "b"], joins={"b": frozenset({"a", "x"})})

    progress = schedule.begin(rules, HEAD, ["b"])

    assert progress == Progress(ready=("b",), steps=1)


def test_a_loop_runs_a_part_again_and_a_join_waits_anew() -> None:
    rules = Rules(order=["a", "b", "join"], joins={"join": frozenset({"a", "b"})})
    progress = schedule.begin(rules, HEAD, ["a", "b"])
    progress = schedule.advance(rules, progress, [("a", "join"), ("b", "join")])

    again = schedule.advance(rules, progress, [("join", "a")])
    waits = schedule.advance(rules, again, [("a", "join")])

    assert progress.ready == ("join",)
    assert again.ready == ("a",)
    assert waits == Progress(ready=(), waiting={"join": ("a",)}, steps=4)


def test_the_end_leads_nowhere() -> None:
    assert schedule.begin(Rules(order=["a"]), HEAD, [END]).ready == ()
