"""What a worker counts of its jobs: waits, runs, nodes, model calls, tokens."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from flowisectl.observability.metrics import Counter, Histogram, Metric
from flowisectl.queue.claims import Outcome
from flowisectl.queue.summary import node_name, node_status
from flowisectl.worker.running import RunningJob

KINDS = (("prediction", "chatflow"), ("prediction", "agentflow"), ("upsert", "upsert"))
"""Queue and kind of flow."""
QUEUES = (("prediction",), ("upsert",))
OUTCOMES = ("done", "failed", "aborted")

log = logging.getLogger(__name__)


class WorkerMetrics:
    """One for each worker process, over all its lanes."""

    def __init__(self) -> None:
        self.jobs = Counter(
            "flowisectl_jobs_total",
            "Jobs that ended here, by queue, kind of flow and outcome.",
            ("queue", "kind", "outcome"),
            known=[(queue, kind, outcome) for queue, kind in KINDS for outcome in OUTCOMES],
        )
        self.waits = Histogram("flowisectl_job_wait_seconds", "From a job's acceptance to its start here.", ("queue",))
        self.runs = Histogram("flowisectl_job_run_seconds", "How long a job ran.", ("queue", "outcome"))
        self.restarts = Counter("flowisectl_job_restarts_total", "Jobs that were not started for the first time.", ("queue",), known=QUEUES)
        self.nodes = Histogram("flowisectl_node_seconds", "How long a node ran, by its type and how it ended.", ("node", "status"))
        self.first_tokens = Histogram("flowisectl_first_token_seconds", "From a node's start to the first piece of an answer.", ("node",))
        self.tokens = Counter("flowisectl_tokens_total", "Tokens that providers counted.", ("direction",), known=(("in",), ("out",)))
        self.calls = Counter("flowisectl_model_calls_total", "Nodes that asked a model, by the last HTTP status (0: none).", ("status",))

    def all(self) -> Sequence[Metric]:
        return (self.jobs, self.waits, self.runs, self.restarts, self.nodes, self.first_tokens, self.tokens, self.calls)

    def ended(self, queue: str, running: RunningJob, outcome: Outcome) -> None:
        """Count a job that ended. Whatever is odd in its trace, the worker goes on."""
        try:
            self._count(queue, running, outcome)
        except Exception:
            log.exception("job %s could not be counted", running.job.id)

    def _count(self, queue: str, running: RunningJob, outcome: Outcome) -> None:
        took = asyncio.get_running_loop().time() - running.started
        kind = "chatflow" if queue == "prediction" else queue
        for line in running.trace.nodes():
            name = node_name(line)
            if name.endswith("Agentflow"):
                kind = "agentflow"
            if line["took"] is not None:
                self.nodes.observe(line["took"] / 1000, name, node_status(line).lower())
            if "http" in line:
                self.calls.add(str(line["http"]))
                for direction in ("in", "out"):
                    if tokens := line.get(direction):
                        self.tokens.add(direction, by=tokens)
            if "first" in line:
                self.first_tokens.observe(line["first"] / 1000, name)
        self.jobs.add(queue, kind, outcome.state)
        self.runs.observe(took, queue, outcome.state)
        if running.accepted_ms:
            self.waits.observe(max(0.0, time.time() - took - running.accepted_ms / 1000), queue)
        if running.job.run > 1:
            self.restarts.add(queue)
