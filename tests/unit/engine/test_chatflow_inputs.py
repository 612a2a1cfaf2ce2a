"""References in a node's inputs, resolved."""

from __future__ import annotations

from typing import Any

import pytest
from chatflow_building import FlowBuilder, catalogue_of

from flowisectl.engine.inputs import Scope, compile_inputs
from flowisectl.engine.run import run_flow
from flowisectl.testing import run_context

THING = object()


def resolved(value: Any, *, accepts: bool = True, is_json: bool = False, **scope: Any) -> Any:
    """One input `x` of a node in a flow with nodes a_0 and b_0."""
    builder = FlowBuilder().node("a_0", "a", "Prompts").node("b_0", "b", "Prompts")
    builder.node("c_0", "c", "Prompts", accepts=("x",) if accepts else (), json_inputs=("x",) if is_json else (), x=value)
    flow = builder.flow()
    return compile_inputs(flow.node("c_0"), flow.node("c_0").inputs, flow.by_id.keys()).resolve(Scope(**scope))["x"]


class TestTextThatAcceptsVariables:
    @pytest.mark.parametrize(
        ("template", "expected"),
        [
            ("ask {{question}}!", "ask why?!"),
            ("{{question}}{{question}}", "why?why?"),
            ("{{ question }}", "{{ question }}"),
            ("{{{question}}}", "{why?}"),
            ("{{x{{question}}y}}", "{{xwhy?y}}"),
            ("{{file_attachment}}", "file"),
            ("{{chat_history}}", "Human: hi"),
            ("{{$vars.a}} {{$vars.o.p[1].q}}", "1 deep"),
            ("{{$vars.missing}} {{$vars.null}}", "{{$vars.missing}} {{$vars.null}}"),
            ("{{$flow.chatId}} {{$flow.none.at.all}}", "c {{$flow.none.at.all}}"),
            ("{{zzz_0.data.instance}}", "{{zzz_0.data.instance}}"),
            ("{{a_0.data.instance}} and {{b_0.data.instance}}", 'A and {"n":5}'),
            ("{{b_0.data.instance.n}}", "5"),
            ("{{b_0.data.instance.none}}", ""),
            ("{{unfinished", "{{unfinished"),
            ("}}{{", "}}{{"),
            ("", ""),
        ],
    )
    def test_references_are_filled_in(self, template: str, expected: str) -> None:
        scope: dict[str, Any] = {
            "question": "why?",
            "files_text": "file",
            "chat_history": "Human: hi",
            "variables": {"a": 1, "null": None, "o": {"p": [0, {"q": "deep"}]}},
            "flow": {"chatId": "c"},
            "instances": {"a_0": "A", "b_0": {"n": 5}},
        }

        assert resolved(template, **scope) == expected

    def test_what_is_filled_in_is_not_looked_through_again(self) -> None:
        assert resolved("{{question}}", question="{{$vars.secret}}", variables={"secret": "s3"}) == "{{$vars.secret}}"

    def test_a_path_into_text_that_holds_json_is_followed(self) -> None:
        assert resolved("{{a_0.data.instance.k}}", instances={"a_0": '{"k": "v"}'}) == "v"

    def test_a_path_into_plain_text_gives_the_text(self) -> None:
        assert resolved("{{a_0.data.instance.k}}", instances={"a_0": "plain"}) == "plain"


class TestJson:
    def test_text_goes_into_the_parsed_structure(self) -> None:
        value = resolved(
            '{"q": "say {{question}}", "n": [1, "{{a_0.data.instance}}"]}', is_json=True, question='"x"\n', instances={"a_0": "A"}
        )

        assert value == {"q": 'say "x"\n', "n": [1, "A"]}

    def test_an_object_is_filled_like_json_text(self) -> None:
        assert resolved({"q": "{{question}}", "k": 1}, is_json=True, question="\\") == {"q": "\\", "k": 1}

    def test_json_that_parses_only_after_filling_is_escaped(self) -> None:
        value = resolved('{"a": {{b_0.data.instance.n}}, "q": "{{question}}"}', is_json=True, question='"', instances={"b_0": {"n": 5}})

        assert value == '{"a": 5, "q": "\\""}'

    def test_json_text_in_a_text_input_stays_text_with_its_layout(self) -> None:
        assert resolved('{ "h":  "{{question}}" }', question='a"b') == '{ "h":  "a\\"b" }'

    def test_objects_go_in_as_json_text(self) -> None:
        assert resolved('{"o": "{{b_0.data.instance}}"}', is_json=True, instances={"b_0": {"n": 5}}) == {"o": '{"n":5}'}


class TestSockets:
    def test_the_whole_value_becomes_what_the_other_node_built(self) -> None:
        assert resolved("x {{a_0.data.instance}} y", accepts=False, instances={"a_0": THING}) is THING

    def test_the_last_reference_wins(self) -> None:
        assert resolved("{{a_0.data.instance}}{{b_0.data.instance}}", accepts=False, instances={"a_0": 1, "b_0": THING}) is THING

    def test_lists_are_resolved_entry_by_entry(self) -> None:
        value = resolved(
            ["{{a_0.data.instance}}", "{{question}}", "{{$vars.v}}", 3], instances={"a_0": THING}, variables={"v": "w"}, question="q"
        )

        assert value == [THING, "{{question}}", "w", 3]

    def test_questions_are_not_filled_in_where_variables_are_not_accepted(self) -> None:
        assert resolved("{{question}} {{$flow.chatId}}", accepts=False, flow={"chatId": "c"}) == "{{question}} c"

    def test_a_node_that_was_not_built_gives_nothing(self) -> None:
        assert resolved("{{a_0.data.instance}}", accepts=False) is None


def test_inputs_without_references_are_handed_on_as_they_are() -> None:
    inputs: dict[str, Any] = {"n": 4, "t": "text", "l": ["a"], "o": {"k": "v"}, "empty": "", "none": None}
    node = FlowBuilder().node("a_0", "a", "Prompts", **inputs).flow().node("a_0")

    templates = compile_inputs(node, node.inputs, {"a_0"})

    assert templates.resolve(Scope()) == inputs
    assert not templates.filled
    assert not templates.uses_variables


@pytest.mark.parametrize(
    ("filled_in", "carried", "said"),
    [("mine", "theirs", "mine"), ("", "theirs", "theirs"), ("", "", "ours"), ("", None, "ours"), ("", {"a": 1}, "ours")],
)
async def test_a_wording_that_the_flow_carries_goes_before_the_node_s_own(filled_in: str, carried: object, said: str) -> None:
    built = FlowBuilder().node("n_0", "asks", "Chains", words=filled_in)
    built.nodes[0]["data"]["inputParams"][0]["default"] = carried
    catalogue = catalogue_of(asks=(None, lambda inputs, context: inputs.wording("words", "ours")))

    result = await run_flow(built.flow(), run_context(), catalogue)

    assert result.text == said
