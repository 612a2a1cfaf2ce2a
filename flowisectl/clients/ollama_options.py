"""The options of models that Ollama serves (https://docs.ollama.com/modelfile), by the names that nodes have for them."""

from __future__ import annotations

from typing import Any, Protocol

OLLAMA_URL = "http://localhost:11434"
NUMBERS = (
    ("topP", "Top P", 0.1, "top_p"),
    ("topK", "Top K", 1, "top_k"),
    ("mirostat", "Mirostat", 1, "mirostat"),
    ("mirostatEta", "Mirostat ETA", 0.1, "mirostat_eta"),
    ("mirostatTau", "Mirostat TAU", 0.1, "mirostat_tau"),
    ("numCtx", "Context Window Size", 1, "num_ctx"),
    ("numGpu", "Number of GPU", 1, "num_gpu"),
    ("numThread", "Number of Thread", 1, "num_thread"),
    ("repeatLastN", "Repeat Last N", 1, "repeat_last_n"),
    ("repeatPenalty", "Repeat Penalty", 0.1, "repeat_penalty"),
    ("tfsZ", "Tail Free Sampling", 0.1, "tfs_z"),
)
"""(input, label, step, name of Ollama's option)"""


class LooseInputs(Protocol):
    """How a node reads its inputs."""

    def number(self, name: str) -> float | None: ...

    def integer(self, name: str) -> int | None: ...

    def text(self, name: str) -> str: ...


def ollama_options(inputs: LooseInputs) -> dict[str, Any]:
    """The model's options; whole numbers must not come with a decimal point."""
    options: dict[str, Any] = {"temperature": inputs.number("temperature")}
    for name, _, step, option in NUMBERS:
        options[option] = (inputs.integer(name) if step == 1 else inputs.number(name)) or None
    stop = [word.strip() for word in inputs.text("stop").split(",") if word.strip()]
    return {**options, "stop": stop or None}
