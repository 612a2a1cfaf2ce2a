"""The inputs for the options of Ollama's models."""

from __future__ import annotations

from flowisectl.clients.ollama_options import NUMBERS
from flowisectl.engine.node import NodeParam

_PARAMS = {name: NodeParam(name, label, "number", optional=True, step=step, additional=True) for name, label, step, _ in NUMBERS}
_STOP = NodeParam("stop", "Stop Sequence", "string", optional=True, rows=4, placeholder="AI assistant:", additional=True)
OPTION_PARAMS = (*(param for name, param in _PARAMS.items() if name != "tfsZ"), _STOP, _PARAMS["tfsZ"])
