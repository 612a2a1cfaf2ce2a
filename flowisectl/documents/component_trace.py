"""One component of a document store at work: its line in the trace, and its failure as an error that names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flowisectl.engine.context import RunContext
from flowisectl.errors import FlowisectlError, NodeError


@contextmanager
def traced_component(name: str, context: RunContext) -> Iterator[None]:
    """What a component raises becomes a NodeError with the cause's own text; errors of this project stay what they are."""
    node_id, trace = f"{name}_0", context.trace
    trace.node_started(node_id, name, name)
    try:
        yield
    except Exception as error:
        text = str(error) or type(error).__name__
        trace.node_ended(node_id, "ERROR", text)
        if isinstance(error, FlowisectlError):
            raise
        raise NodeError(text, node_id=node_id, node_name=name) from error
    except BaseException:
        trace.node_ended(node_id, "TERMINATED")
        raise
    trace.node_ended(node_id, "FINISHED")
