"""Templates with single-brace variables."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.prompt_template import ChatPrompt, FewShotPrompt, TextPrompt, format_template, variables_of


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("plain", ()),
        ("{a} and {b} and {a}", ("a", "b")),
        ("{{x}}", ("x", "{x}")),
        ('{"k": 1} {a}', ("a",)),
        ('{"k": {"l": 1}} {a}', ("a",)),
        (r"\{no\} {yes}", ("yes",)),
        ("{ spaced }", (" spaced ",)),
        ("} { open", ()),
    ],
)
def test_variables_are_found(template: str, names: tuple[str, ...]) -> None:
    assert variables_of(template) == names


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{a}!", "1!"),
        ("{ a }", "1"),
        ("{unknown}", "{unknown}"),
        ("{{a}}", "{a}"),
        ("{{{a}}}", "{1}"),
        ('{"k": 1}', '{"k": 1}'),
        ('{{"k": 1}}', '{"k": 1}'),
        ('{"k": {"l": 1}}', '{"k": {"l": 1}}'),
        ('{"k": {"l": {"m": 1}}}', '{"k": {"l": {"m": 1}}}'),
        ('{{"k": {{"l": {a}}}}}', '{"k": {"l": 1}}'),
        ('{"k": {a}}', '{"k": 1}'),
        ("{o} {n}", '{"x":1} 2.5'),
        ("{} }} {", "{} } {"),
        ("line\n{a}\n", "line\n1\n"),
    ],
)
def test_templates_are_filled(template: str, text: str) -> None:
    assert format_template(template, {"a": "1", "o": {"x": 1}, "n": 2.5}) == text


@given(st.text(alphabet="{}:ab\\\n ", max_size=40))
def test_any_text_can_be_filled(template: str) -> None:
    filled = format_template(template, {"a": "1"})

    assert isinstance(filled, str)
    assert all(isinstance(name, str) for name in variables_of(template))


@given(st.text(max_size=60))
def test_values_go_in_as_they_are(value: str) -> None:
    assert format_template("<{a}>", {"a": value}) == f"<{value}>"


def test_long_templates_are_filled_too() -> None:
    assert format_template("x" * 30_000 + "{a}", {"a": "end"}).endswith("xend")


class TestPrompts:
    def test_a_text_is_the_users_message(self) -> None:
        prompt = TextPrompt(template="Hi {name}")

        assert prompt.variables == ("name",)
        assert prompt.messages({"name": "Ann"}) == [ChatMessage(role="user", content="Hi Ann")]

    def test_format_instructions_come_on_a_line_of_their_own_and_are_no_template(self) -> None:
        prompt = TextPrompt(template="Hi {name}").with_instructions('give {"json": {x}} {{y}}')

        assert prompt.messages({"name": "Ann", "x": "?"})[0].text == 'Hi Ann\ngive {"json": {x}} {{y}}'

    def test_a_chat_prompt_has_its_parts_in_order(self) -> None:
        earlier = ChatMessage(role="assistant", content="earlier")
        prompt = ChatPrompt(system="Be {mood}", history=[earlier], human="{q} {mood}")

        assert prompt.variables == ("mood", "q")
        assert [(m.role, m.text) for m in prompt.messages({"mood": "kind", "q": "Why"})] == [
            ("system", "Be kind"),
            ("assistant", "earlier"),
            ("user", "Why kind"),
        ]
        assert prompt.with_instructions("as JSON").messages({})[0].text == "Be {mood}\nas JSON"

    @pytest.mark.parametrize(
        ("prompt", "roles"), [(ChatPrompt(human="x"), ["user"]), (ChatPrompt(system="x"), ["system"]), (ChatPrompt(), [])]
    )
    def test_empty_parts_of_a_chat_prompt_are_left_out(self, prompt: ChatPrompt, roles: list[str]) -> None:
        assert [message.role for message in prompt.messages({})] == roles

    def test_examples_stand_between_prefix_and_suffix(self) -> None:
        examples: list[dict[str, Any]] = [{"n": 1, "r": "I"}, {"n": 5, "r": "V"}]
        prompt = FewShotPrompt(
            examples=examples, example=TextPrompt(template="{n} is {r}"), prefix="Roman:", suffix="{n} is", separator=" / "
        )

        assert prompt.variables == ("n",)
        assert prompt.messages({"n": 9})[0].text == "Roman: / 1 is I / 5 is V / 9 is"
