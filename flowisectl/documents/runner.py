"""The worker's side of an upsert: fill the store of a flow, or do a task of a document store; keep the history, answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.database.upsert_history import insert_upsert_history
from flowisectl.documents.component_tasks import ComponentTasks
from flowisectl.documents.request import FLOW, UpsertRequest, UpsertResult
from flowisectl.documents.store import DocumentStores
from flowisectl.documents.task_names import COMPONENT_TASKS, FLOW_TASKS
from flowisectl.documents.tasks import StoreTasks
from flowisectl.engine.context import Flows, RunContext, RunRequest, Trace
from flowisectl.engine.events import NoEvents
from flowisectl.engine.session import session_id_of
from flowisectl.engine.upsert import UpsertOutcome, upsert_flow
from flowisectl.errors import DeadlinePassed, FlowisectlError, Unavailable
from flowisectl.runs.attempt import Attempt, begin_attempt
from flowisectl.runs.context import ONLY_ATTEMPT, RunIds, RunServices, run_context

log = logging.getLogger(__name__)


class UpsertRunner:
    """Does the jobs of the lane, one call each; one instance serves a process."""

    def __init__(self, services: RunServices, flows: Flows) -> None:
        """`flows` runs other flows, for stores that are fed by one."""
        self._services = services
        self._flows = flows

    async def run(self, request: UpsertRequest, trace: Trace, attempt: Attempt = ONLY_ATTEMPT) -> UpsertResult:
        """Run one job to its end; a failure is a result, too.

        Raises CancelledError when it was stopped, AttemptLost before it writes a row when another attempt has its place.
        """
        try:
            await begin_attempt(self._services.database, attempt)
            answer = await self._answer(request, trace, attempt)
        except asyncio.CancelledError:
            raise
        except FlowisectlError as error:
            return self.stopped(error)
        except Exception as error:
            log.exception("upsert %s of %s failed unexpectedly", request.upsert_id, request.target_id)
            return UpsertResult(error=f"{type(error).__name__}: {error}", error_kind="UnexpectedError", status=500)
        return UpsertResult(body=orjson.dumps(answer, default=str))

    def stopped(self, error: FlowisectlError) -> UpsertResult:
        """What a job answers that this error ended."""
        status = 504 if isinstance(error, DeadlinePassed) else 503 if isinstance(error, Unavailable) else 500
        return UpsertResult(error=error.message, error_kind=type(error).__name__, status=status)

    async def _answer(self, request: UpsertRequest, trace: Trace, attempt: Attempt) -> Any:
        if request.task == FLOW:
            return await self._fill_flow_store(request, trace, attempt)
        if request.task in COMPONENT_TASKS:
            return await self._run_components(request, trace)
        tasks = StoreTasks(
            database=self._services.database,
            catalogue=self._services.catalogue,
            context=self._context(request, {}, trace, session_id=""),
            store_id=request.target_id,
            write_id=request.upsert_id,
            stores=DocumentStores(self._services.database, request.workspace_id, attempt.fence),
            attempt=attempt,
        )
        return await tasks.run(request.task, request.body, request.options)

    async def _run_components(self, request: UpsertRequest, trace: Trace) -> Any:
        flow = (await self._services.flows.get(request.target_id, request.version)).flow if request.task in FLOW_TASKS else None
        context = self._context(request, {}, trace, session_id=request.chat_id)
        return await ComponentTasks(catalogue=self._services.catalogue, context=context, flow=flow).run(request.task, request.body)

    async def _fill_flow_store(self, request: UpsertRequest, trace: Trace, attempt: Attempt) -> Mapping[str, Any]:
        stored = await self._services.flows.get(request.target_id, request.version)
        body = request.body
        session_id = session_id_of(stored.flow, body, is_internal=False, chat_id=request.chat_id)
        context = self._context(request, body, trace, session_id=session_id)
        stop_node = body.get("stopNodeId")
        outcome = await upsert_flow(
            stored.flow, context, self._services.catalogue, stop_node_id=stop_node if isinstance(stop_node, str) else ""
        )
        await attempt.confirm()
        await self._keep_history(request, outcome, attempt)
        return outcome.to_json()

    def _context(self, request: UpsertRequest, body: Mapping[str, Any], trace: Trace, *, session_id: str) -> RunContext:
        overrides, question = body.get("overrideConfig"), body.get("question")
        run = RunRequest(
            question=question if isinstance(question, str) else "", override_config=overrides if isinstance(overrides, Mapping) else {}
        )
        ids = RunIds(
            flow_id=request.target_id,
            chat_id=request.chat_id,
            session_id=session_id,
            message_id=request.upsert_id,
            workspace_id=request.workspace_id,
            organization_id=request.organization_id,
            base_url=request.base_url,
        )
        return run_context(self._services, ids, run, events=NoEvents(), trace=trace, flows=self._flows)

    async def _keep_history(self, request: UpsertRequest, outcome: UpsertOutcome, attempt: Attempt) -> None:
        await insert_upsert_history(
            self._services.database,
            {"id": request.upsert_id, "chatflowid": request.target_id, "result": outcome.counts, "flowData": list(outcome.visited)},
            attempt.fence,
        )
