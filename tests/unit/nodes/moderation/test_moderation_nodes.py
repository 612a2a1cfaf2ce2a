"""The moderation nodes."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.http import HttpFailed, HttpResponse
from flowisectl.interfaces.moderation import Moderation, ModerationRefusal
from flowisectl.nodes.moderation.input_moderation_open_ai import InputModerationOpenAI
from flowisectl.nodes.moderation.input_moderation_simple import InputModerationSimple
from flowisectl.testing import ScriptedChatModel, ScriptedHttp, run_context


class TestDenyList:
    async def moderation(self, **inputs: Any) -> Moderation:
        values = {"denyList": "secret plan\n\n  Password ", **inputs}
        return await InputModerationSimple().build(NodeInputs(values), run_context())

    @pytest.mark.parametrize("text", ["the SECRET PLAN please", "password?"])
    async def test_forbidden_texts_are_refused_whatever_their_case(self, text: str) -> None:
        with pytest.raises(ModerationRefusal, match=r"^No$"):
            await (await self.moderation(moderationErrorMessage="No")).check(text)

    async def test_other_texts_pass_unchanged(self) -> None:
        assert await (await self.moderation()).check("What's for lunch?") == "What's for lunch?"

    async def test_a_model_finds_what_means_the_same(self) -> None:
        model = ScriptedChatModel("No, but I could say yes.", "**Yes**, it does.")

        with pytest.raises(ModerationRefusal):
            await (await self.moderation(model=model)).check("the {hidden} scheme")

        assert "secret plan" in model.calls[0].messages[0].text
        assert "the {hidden} scheme" in model.calls[1].messages[0].text


class TestOpenAiModeration:
    async def check(self, answer: Any, text: str = "hi") -> str:
        http = ScriptedHttp(answer)
        inputs = NodeInputs({"moderationErrorMessage": "No"}, credential={"openAIApiKey": "sk-1"})
        passed = await (await InputModerationOpenAI().build(inputs, run_context(http=http))).check(text)
        assert orjson.loads(http.calls[0].body or b"") == {"input": text}
        return passed

    def answer(self, data: Any, status: int = 200) -> HttpResponse:
        return HttpResponse(status=status, reason="", headers={}, body=orjson.dumps(data))

    async def test_unflagged_texts_pass(self) -> None:
        assert await self.check(self.answer({"results": [{"flagged": False}]})) == "hi"

    async def test_flagged_texts_are_refused(self) -> None:
        with pytest.raises(ModerationRefusal, match=r"^No$"):
            await self.check(self.answer({"results": [{"flagged": True}]}))

    @pytest.mark.parametrize("data", [[], {}, {"results": 5}, "text"])
    async def test_nothing_passes_unseen_when_the_answer_is_odd(self, data: Any) -> None:
        with pytest.raises(ProviderError):
            await self.check(self.answer(data))

    async def test_nothing_passes_unseen_when_openai_is_away(self) -> None:
        with pytest.raises(ProviderError) as caught:
            await self.check(HttpFailed("no connection"))
        with pytest.raises(ProviderError, match="401"):
            await self.check(self.answer({}, status=401))
        with pytest.raises(ProviderError, match=r"^OpenAI refused the request: 429 Slow down, \*\*\*$"):
            await self.check(self.answer({"error": {"message": "Slow down, sk-1"}}, status=429))
        assert "sk-1" not in str(caught.value)

    async def test_a_missing_key_is_told(self) -> None:
        with pytest.raises(MissingInput, match="API key"):
            await InputModerationOpenAI().build(NodeInputs({}), run_context())
