"""A line in the log for each job that ends: how, after how long, and of a failed one where. What was said is no part of it."""

from __future__ import annotations

import asyncio
import logging

import orjson

from flowisectl.observability.logging import VERBOSE
from flowisectl.queue.claims import Outcome
from flowisectl.worker.running import RunningJob

_LEVELS = {"done": VERBOSE, "aborted": logging.INFO}

log = logging.getLogger(__name__)


def log_end(queue: str, running: RunningJob, outcome: Outcome) -> None:
    """To be called in the job's own task, which knows the ids."""
    level = _LEVELS.get(outcome.state, logging.WARNING)
    if not log.isEnabledFor(level):
        return
    took = asyncio.get_running_loop().time() - running.started
    job_id = running.job.id
    if level < logging.WARNING:
        log.log(level, "job %s (%s): %s after %.2f s", job_id, queue, outcome.state, took)
        return
    where = next((f" in node {line['id']} ({line['label']})" for line in running.trace.nodes() if line.get("status") == "ERROR"), "")
    kind = error_kind(outcome)
    log.log(level, "job %s (%s) failed after %.2f s: %s%s; see `flowisectl jobs inspect %s`", job_id, queue, took, kind, where, job_id[:8])


def error_kind(outcome: Outcome) -> str:
    """The class of the error in a result (`PredictionResult.to_bytes`, `UpsertResult.to_bytes`); empty when there is none."""
    if not outcome.error:
        return ""
    try:
        return str(orjson.loads(outcome.result.partition(b"\n")[0])["kind"])
    except (ValueError, KeyError, TypeError):
        return "UnexpectedError"
