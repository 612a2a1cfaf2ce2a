"""References have many small rules that whole runs would show only one at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from agentflow_building import CATALOGUE, chain, llm, node

from flowisectl.engine.agentflow.variables import Scope, resolve_inputs

OUTPUTS: dict[str, dict[str, Any]] = {
    "llmAgentflow_0": {"content": "said", "count": 3, "deep": {"list": [{"x": True}]}, "nothing": None},
    "httpAgentflow_0": {"http": {"data": {"id": 7}}},
    "emptyAgentflow_0": {},
    "my.llm-ä 1": {"content": "dotted", "count": 4},
}


def scope(**fields: Any) -> Scope:
    values: dict[str, Any] = {
        "question": "why?",
        "form": {"a": "x", "obj": {"k": [1, 2]}, "zero": 0},
        "variables": {"name": "Ada"},
        "flow": {"state": {"n": 1, "none": None}, "chatId": "c1"},
        "output_of": OUTPUTS.get,
        "now": lambda: datetime(2026, 1, 2, 3, 4, 5, 678_900, UTC),
    }
    return Scope(**{**values, **fields})


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ question }}", "why?"),
        ("{{question}} {{  question  }}", "why? why?"),
        ("<p>{{ question }}</p>", "why?"),
        ('<p>Ask <span class="variable" data-id="question">{{ question }}</span> now</p>', "Ask why? now"),
        ("{{ $form.a }}/{{ $form.zero }}", "x/0"),
        ("{{ $form.obj }}", '{"k":[1,2]}'),
        ("{{ $form.obj.k[1] }}", "2"),
        ("{{ $vars.name }}", "Ada"),
        ("{{ $flow.state.n }}", "1"),
        ("{{ $flow.chatId }}", "c1"),
        ("{{ llmAgentflow_0 }}!", "said!"),
        (r"{{ llmAgentflow\_0 }}", "said"),
        ("{{ httpAgentflow_0 }}", '{"id":7}'),
        ("n={{ llmAgentflow_0.output.count }}", "n=3"),
        ("{{ llmAgentflow_0.output.deep }}", '{"list":[{"x":true}]}'),
        ("{{ current_date_time }}", "2026-01-02T03:04:05.678Z"),
        ("{{ runtime_messages_length }}", "0"),
        ("a $& b {{ question }} $1", "a $& b why? $1"),
        ("{{ my.llm-ä 1 }}", "dotted"),
        ("n={{ my.llm-ä 1.output.count }}", "n=4"),
        ("{{{question}}}", "why?}"),
        ('{"a": {"b": {{ $form.zero }}}}', '{"a": {"b": 0}}'),
    ],
)
def test_a_reference_becomes_its_value(text: str, filled: str) -> None:
    assert scope().fill(text) == filled


@pytest.mark.parametrize(
    "text",
    [
        "{{ output }}",
        "{{ output.a }}",
        "{{ unknown }}",
        "{{ emptyAgentflow_0 }}",
        "{{ llmAgentflow_0.output.missing }}",
        "{{ llmAgentflow_0.count }}",
        "{{ $form.missing }}",
        "{{ $flow.state.none }}",
        "{{ $vars.missing }}",
        "{{ $other.x }}",
        "{{ $iteration }}",
        "{{ a\nb }}",
        "{{ }}",
        "{{",
        "no braces",
    ],
)
def test_what_nobody_knows_stays_as_it_is_written(text: str) -> None:
    assert scope().fill(text) == text


@pytest.mark.parametrize(("path", "value"), [("count", 3), ("nothing", None), ("deep.list[0].x", True)])
def test_a_path_into_an_output_keeps_its_type_when_it_stands_alone(path: str, value: Any) -> None:
    filled = scope().fill("{{ llmAgentflow_0.output.%s }}" % path)  # noqa: UP031

    assert filled == value
    assert type(filled) is type(value)


@pytest.mark.parametrize(
    ("item", "text", "filled"),
    [
        ("one", "{{ $iteration }}", "one"),
        ("one", "{{ $iteration.any.path }}", "one"),
        ({"a": {"b": 2}}, "{{ $iteration.a.b }} {{ $iteration }}", '2 {"a":{"b":2}}'),
        (5, "{{ $iteration }}", "5"),
        (0, "{{ $iteration }}", "{{ $iteration }}"),
        ("", "{{ $iteration }}", "{{ $iteration }}"),
        ({"a": 1}, "{{ $iteration.c }}", "undefined"),
    ],
)
def test_the_item_of_an_iteration_can_be_named(item: Any, text: str, filled: str) -> None:
    assert scope(iteration={"index": 0, "value": item}).fill(text) == filled


def test_texts_of_files_stand_before_a_text_with_the_question() -> None:
    filled = scope(files_text="FILE").fill("Q: {{ question }}")

    assert filled == "FILE\n\nQ: why?"
    assert scope(files_text="FILE").fill("only {{ file_attachment }}") == "only FILE"


def test_the_history_is_put_together_only_when_it_is_named() -> None:
    asked: list[int] = []

    def history() -> str:
        asked.append(1)
        return "Human: hi"

    named = scope(chat_history=history)

    assert named.fill("{{ question }}") == "why?"
    assert asked == []
    assert named.fill("{{ chat_history }}+{{ chat_history }}") == "Human: hi+Human: hi"
    assert asked == [1]


def test_only_inputs_that_accept_variables_are_touched() -> None:
    flow = chain(
        llm(
            llmMessages=[{"role": "user", "content": "<p>{{ question }}</p>"}],
            llmReturnResponseAs="{{ question }}",
            llmStructuredOutput=[{"key": "{{ question }}", "type": "string"}],
        )
    )

    values = resolve_inputs(flow.nodes[0], flow.nodes[0].inputs, scope(), CATALOGUE)

    assert values["llmMessages"] == [{"role": "user", "content": "why?"}]
    assert values["llmReturnResponseAs"] == "{{ question }}"
    assert flow.nodes[0].inputs["llmMessages"][0]["content"] == "<p>{{ question }}</p>", "the flow itself stays as it is"


def test_the_config_of_a_component_is_filled_by_the_component_s_own_definition() -> None:
    config = {"toolName": "{{ question }}", "toolDesc": "<p>{{ question }}</p>"}
    accepting = {
        param.name for tool in ("customTool", "requestsGet") for param in CATALOGUE.get(tool).definition.inputs if param.accept_variable
    }
    tools = [
        {"agentSelectedTool": tool, "agentSelectedToolConfig": {**config, **dict.fromkeys(accepting, "{{ question }}")}}
        for tool in ("requestsGet", "noSuchTool")
    ]
    flow = chain(node("agentAgentflow_0", {"agentTools": tools}))
    own = {param.name for param in CATALOGUE.get("requestsGet").definition.inputs if param.accept_variable}

    values = resolve_inputs(flow.nodes[0], flow.nodes[0].inputs, scope(), CATALOGUE)

    filled = values["agentTools"][0]["agentSelectedToolConfig"]
    assert {name for name, value in filled.items() if value == "why?"} == own
    assert values["agentTools"][1] == tools[1], "what cannot be looked up stays as it is"
