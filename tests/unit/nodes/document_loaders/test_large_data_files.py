"""Large files of data are read by a process of their own, and too large ones are refused."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.agents.csv_agent import CsvAgent
from flowisectl.nodes.document_loaders.csv_file import CsvFile
from flowisectl.nodes.document_loaders.json_file import JsonFile
from flowisectl.nodes.document_loaders.jsonlines_file import JsonlinesFile
from flowisectl.retrieval import child_work, reading
from flowisectl.retrieval.splitting import RecursiveSplitter
from flowisectl.testing import run_context

ROWS = 9_000
KINDS = [
    (CsvFile, "csvFile", "csv", {}),
    (JsonFile, "jsonFile", "json", {"separateByObject": True, "metadata": {"place": "/city"}}),
    (JsonlinesFile, "jsonlinesFile", "jsonl", {"pointerName": "city"}),
]


def data_of(ending: str, rows: int) -> bytes:
    items = [{"city": f"city number {number} of many", "people": number} for number in range(rows)]
    if ending == "csv":
        return "\n".join(["city,people", *(f"{item['city']},{item['people']}" for item in items)]).encode()
    return b"\n".join(map(orjson.dumps, items)) if ending == "jsonl" else orjson.dumps(items)


def inputs_of(key: str, ending: str, data: bytes, **more: Any) -> NodeInputs:
    file = f"data:text/{ending};base64,{base64.b64encode(data).decode()},filename:a.{ending}"
    return NodeInputs({key: file, **more}, node_id="l_0", label="Loader")


@pytest.fixture
def sent_to_children(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of each order that a child was given."""
    sent: list[int] = []
    real = child_work._Child.do

    def do(self: child_work._Child, order: bytes) -> list[Any]:
        sent.append(len(order))
        return real(self, order)

    monkeypatch.setattr(child_work._Child, "do", do)
    return sent


@pytest.mark.parametrize(("node", "key", "ending", "more"), KINDS)
@pytest.mark.parametrize("is_split", [True, False])
async def test_a_large_file_is_read_and_split_by_a_child_and_a_small_one_here(
    sent_to_children: list[int], node: type[Node], key: str, ending: str, more: dict[str, Any], is_split: bool
) -> None:
    splitter = {"textSplitter": RecursiveSplitter(chunk_size=20, chunk_overlap=0)} if is_split else {}

    small = await node().build(inputs_of(key, ending, data_of(ending, 10), **more, **splitter), run_context())
    sent_for_small = len(sent_to_children)
    large = await node().build(inputs_of(key, ending, data_of(ending, ROWS), **more, **splitter), run_context())

    assert (sent_for_small, len(sent_to_children)) == (0, 1)
    assert large[: len(small) - 2] == small[: len(small) - 2]
    assert len(large) >= ROWS
    assert large[0].metadata["source"] == "blob"


async def test_a_large_table_of_an_agent_is_read_by_a_child(sent_to_children: list[int]) -> None:
    agent = await CsvAgent().build(inputs_of("csvFile", "csv", data_of("csv", ROWS), model=object()), run_context())

    assert len(sent_to_children) == 1
    assert len(agent.rows) == ROWS
    assert agent.rows[3] == {"city": "city number 3 of many", "people": 3}


@pytest.mark.parametrize(("node", "key", "ending", "more"), [*KINDS, (CsvAgent, "csvFile", "csv", {"model": object()})])
async def test_a_file_that_is_too_large_is_refused_with_its_size_and_the_limit(
    monkeypatch: pytest.MonkeyPatch, node: type[Node], key: str, ending: str, more: dict[str, Any]
) -> None:
    monkeypatch.setattr(reading, "MAX_DATA_BYTES", 50)

    with pytest.raises(InvalidFlow, match=rf"file 'a\.{ending}' has \d+ bytes; of data at most 50 are read: split the file"):
        await node().build(inputs_of(key, ending, data_of(ending, 10), **more), run_context())
