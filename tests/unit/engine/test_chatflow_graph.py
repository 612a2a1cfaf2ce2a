"""Walks over nodes and edges. Tested apart from flows because random graphs show what a few flows cannot."""

from __future__ import annotations

import pytest
from chatflow_building import FlowBuilder
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.engine.graph import build_order, distances, ending_nodes, reachable, sources_of, targets_of
from flowisectl.errors import InvalidFlow

NAMES = "abcdefgh"


@st.composite
def acyclic(draw: st.DrawFn) -> dict[str, list[str]]:
    """Node → its sources, all of them earlier in the alphabet."""
    return {name: draw(st.lists(st.sampled_from(NAMES[:index]), unique=True)) if index else [] for index, name in enumerate(NAMES)}


@given(acyclic(), st.dictionaries(st.sampled_from(NAMES), st.tuples(st.integers(0, 3), st.integers(0, 9))))
def test_every_node_comes_once_and_after_its_sources(sources: dict[str, list[str]], rank: dict[str, tuple[int, int]]) -> None:
    order = build_order(set(NAMES), sources, rank)

    assert sorted(order) == list(NAMES)
    assert all(order.index(source) < order.index(node) for node, before in sources.items() for source in before)


@given(acyclic())
def test_a_distance_is_one_more_than_that_of_the_nearest_follower_at_least(sources: dict[str, list[str]]) -> None:
    found = distances("h", sources)

    assert found["h"] == 0
    assert found.keys() == reachable(["h"], sources)
    assert all(found[source] > found[node] for node in found for source in sources[node])


@given(st.permutations(NAMES[:4]))
def test_a_circle_is_told_with_its_nodes(order: list[str]) -> None:
    circle = {node: [order[index - 1]] for index, node in enumerate(order)}

    with pytest.raises(InvalidFlow, match="a, b, c, d"):
        build_order(set(circle), circle, {})


def test_the_lowest_rank_comes_first_among_those_that_are_ready() -> None:
    assert build_order({"a", "b", "c"}, {"a": ["c"]}, {"c": (0, 2), "b": (0, 1), "a": (1, 0)}) == ["b", "c", "a"]


def test_double_edges_count_once() -> None:
    flow = FlowBuilder().node("a_0", "a", "Prompts").node("b_0", "b", "Chains").edge("a_0", "b_0").edge("a_0", "b_0").flow()

    assert sources_of(flow.edges) == {"b_0": ["a_0"]}
    assert targets_of(flow.edges) == {"a_0": ["b_0"]}


def test_unconnected_nodes_and_wrong_leaves_are_no_ends_while_there_is_a_good_one() -> None:
    builder = FlowBuilder().node("a_0", "a", "Prompts").node("b_0", "b", "Chains").node("c_0", "c", "Prompts").node("d_0", "d", "Chains")
    flow = builder.edge("a_0", "b_0").edge("a_0", "c_0").flow()

    assert [node.id for node in ending_nodes(flow)] == ["b_0"]
