"""What the nodes of outside services read alike."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.engine.service_inputs import headers_of, require_key, timeout_seconds, words_of
from flowisectl.errors import MissingInput


def inputs(**values: Any) -> NodeInputs:
    return NodeInputs(values, node_id="exa_0", label="Exa", credential={"apiKey": "k-1"})


def test_a_key_comes_from_the_credential_unless_an_input_has_it() -> None:
    assert require_key(inputs(), "apiKey") == "k-1"
    assert require_key(inputs(apiKey="k-2"), "apiKey") == "k-2"


def test_a_missing_key_is_told_with_the_node_and_the_field() -> None:
    with pytest.raises(MissingInput, match=r"'exa_0' \(Exa\) has no API key: choose a credential with 'otherKey'"):
        require_key(inputs(), "otherKey")


@pytest.mark.parametrize(
    ("value", "headers"),
    [('{"X-A": 1}', {"X-A": "1"}), ({"X-A": "b"}, {"X-A": "b"}), ("", {}), ("[1]", {}), ("no json", {})],
)
def test_headers_are_an_object_or_its_text(value: Any, headers: dict[str, str]) -> None:
    assert headers_of(inputs(baseOptions=value)) == headers


def test_words_stand_between_commas() -> None:
    assert words_of(inputs(stop=" a, ,b c,"), "stop") == ["a", "b c"]
    assert words_of(inputs(stop=["a,b", " c "]), "stop") == ["a,b", "c"]
    assert words_of(inputs(), "stop") == []


@pytest.mark.parametrize(("value", "seconds"), [("1500", 1.5), (0, None), ("", None), ("soon", None)])
def test_a_timeout_is_given_in_milliseconds(value: Any, seconds: float | None) -> None:
    assert timeout_seconds(inputs(timeout=value)) == seconds
