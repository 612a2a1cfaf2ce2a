"""The worker's side of a prediction: load the flow, run it, keep the messages, answer."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from flowisectl.database.chat_message import clear_action, insert_messages
from flowisectl.engine.agentflow.js_values import text_of
from flowisectl.engine.context import RunContext, RunRequest, Trace
from flowisectl.engine.events import EventKind, EventSink, FlowEvent, NoEvents
from flowisectl.engine.result import FlowResult
from flowisectl.engine.run import run_flow
from flowisectl.engine.session import session_id_of
from flowisectl.errors import (
    AccessDenied,
    DeadlinePassed,
    FlowCircle,
    FlowisectlError,
    FlowNotFound,
    InvalidApiKey,
    NotFound,
    RunStopped,
    Unavailable,
)
from flowisectl.predictions.error_text import shown_error
from flowisectl.predictions.follow_up import follow_up_questions
from flowisectl.predictions.messages import message_rows, metadata_of, partial_result
from flowisectl.predictions.question import question_content, question_text
from flowisectl.predictions.request import EXTERNAL_PREFIX, PredictionRequest, PredictionResult
from flowisectl.runs.attempt import Attempt, NestedAttempt, begin_attempt
from flowisectl.runs.context import ONLY_ATTEMPT, RunIds, RunServices, run_context
from flowisectl.runs.flows import StoredFlow
from flowisectl.runs.outage import through_outage
from flowisectl.runs.uploads import process_uploads
from flowisectl.runs.workspace import is_of_another
from flowisectl.secrets.api_keys import ApiKeyChecker

MAX_DEPTH = 20
"""How deep flows may run inside each other."""

log = logging.getLogger(__name__)


class PredictionRunner:
    """Runs predictions, one call each; one instance serves a process."""

    def __init__(self, services: RunServices) -> None:
        self._services = services
        self._keys = ApiKeyChecker(services.database)

    async def check_key(self, stored: StoredFlow, api_key: str) -> None:
        """A flow that is bound to a key runs for another flow, too, only with that key. Raises AccessDenied."""
        if not stored.api_key_id:
            return
        try:
            row = await self._keys.check(api_key)
        except InvalidApiKey:
            row = {}
        if row.get("id") != stored.api_key_id or (row.get("workspaceId") or "") != stored.workspace_id:
            raise AccessDenied(
                f"Unauthorized: flow {stored.flow.id} is bound to an API key; choose a credential with that key in the node that calls it"
            )

    async def run(self, request: PredictionRequest, events: EventSink, trace: Trace, attempt: Attempt = ONLY_ATTEMPT) -> PredictionResult:
        """Run one prediction to its end; a failure of the flow is a result, too.

        The last event is `metadata` after a success and `error` otherwise. A cancelled run (stopped, or the worker ends)
        raises CancelledError after its own last events; `stopped` says what to answer for a stopped one. An attempt that
        another one has taken the place of raises AttemptLost before it writes a row.
        """
        try:
            await begin_attempt(self._services.database, attempt)
            stored = await through_outage(lambda: self._services.flows.get(request.flow_id, request.flow_version))
            response = await self.predict(stored, request, events, trace, attempt)
        except asyncio.CancelledError:
            raise
        except FlowisectlError as error:
            return self._failed(request, events, error.message, type(error).__name__, status_of(error))
        except Exception as error:
            log.exception("prediction %s of flow %s failed unexpectedly", request.message_id, request.flow_id)
            return self._failed(request, events, f"{type(error).__name__}: {error}", "UnexpectedError", 500)
        if request.wants_stream and isinstance(response, dict) and (metadata := metadata_of(response)):
            events.emit(FlowEvent(EventKind.METADATA, metadata))
        return PredictionResult(body=orjson.dumps(response, default=str))

    async def stopped(
        self, request: PredictionRequest, events: EventSink, error: FlowisectlError, said: str = "", attempt: Attempt = ONLY_ATTEMPT
    ) -> PredictionResult:
        """What a cancelled run answers: it was stopped (RunStopped) or took too long (DeadlinePassed).

        What a chatflow had `said` by then is kept with the chat and marked as cut off; an agentflow's trace has it.
        """
        try:
            if said:
                await self._keep_partial(request, said, attempt)
        except Exception:
            log.exception("the beginning of an answer, prediction %s, could not be kept", request.message_id)
        return self._failed(request, events, error.message, type(error).__name__, status_of(error))

    async def _keep_partial(self, request: PredictionRequest, said: str, attempt: Attempt) -> None:
        stored = await self._services.flows.get(request.flow_id, request.flow_version)
        if stored.flow.kind == "AGENTFLOW":
            return
        run = to_run_request(stored.flow.kind, request.body, (), "")
        session_id = session_id_of(stored.flow, request.body, is_internal=request.is_internal, chat_id=request.chat_id)
        await attempt.confirm()
        rows = message_rows(request, run, partial_result(stored.flow, run, said), session_id)
        await insert_messages(self._services.database, rows, attempt.fence)

    def _failed(self, request: PredictionRequest, events: EventSink, text: str, kind: str, status: int) -> PredictionResult:
        if request.wants_stream:
            events.emit(FlowEvent(EventKind.ERROR, shown_error(text if request.is_internal else EXTERNAL_PREFIX + text)))
        return PredictionResult(error=text, error_kind=kind, status=status)

    async def predict(
        self, stored: StoredFlow, request: PredictionRequest, events: EventSink, trace: Trace, attempt: Attempt = ONLY_ATTEMPT
    ) -> dict[str, Any] | list[Any]:
        """Run the flow, keep its messages, and give the JSON answer as data: an array only where the flow answers with a bare one.

        Raises what went wrong.
        """
        flow, body = stored.flow, request.body
        blobs = self._services.blobs.of_organization(request.organization_id)
        processed = await process_uploads(body.get("uploads"), blobs, flow_id=flow.id, chat_id=request.chat_id)
        run = to_run_request(flow.kind, body, processed.uploads, processed.files_text, chat_type=request.chat_type)
        session_id = session_id_of(flow, body, is_internal=request.is_internal, chat_id=request.chat_id)
        context = run_context(
            self._services,
            RunIds(
                flow_id=flow.id,
                chat_id=request.chat_id,
                session_id=session_id,
                message_id=request.message_id,
                workspace_id=request.workspace_id,
                organization_id=request.organization_id,
                base_url=request.base_url,
            ),
            run,
            events=NoEvents() if request.is_tool_call else events,
            trace=trace,
            flows=NestedFlows(self._services, self, attempt),
            is_internal=request.is_internal,
            is_streaming=request.wants_stream,
            is_tool_call=request.is_tool_call,
            attempt=attempt,
        )
        result = await run_flow(flow, context, self._services.catalogue)
        if run.has_question and not isinstance(body["question"], str):
            result = replace(result, user_content=question_content(body["question"]))
        if flow.follow_up_prompts and not result.stored.get("action"):
            questions = await follow_up_questions(flow.follow_up_prompts, result.text, context)
            result = replace(result, stored={**result.stored, "followUpPrompts": questions})
        session_id = result.thread_id or session_id
        rows = message_rows(request, run, result, session_id)

        async def keep() -> None:
            await attempt.confirm()
            if result.clears_action:
                await clear_action(self._services.database, flow.id, chat_id=request.chat_id, session_id=session_id, fence=attempt.fence)
            await insert_messages(self._services.database, rows, attempt.fence)

        # The answer is there: nobody pays for it twice because the database is away.
        await through_outage(keep)
        return list(result.bare) if result.bare is not None else to_response(flow.kind, body, request, result, session_id)


class NestedFlows:
    """How a flow runs another flow (`engine.context.Flows`): in this process, without a request to main, so a nested flow
    never waits for a slot that its parent holds."""

    def __init__(self, services: RunServices, runner: PredictionRunner, parent: Attempt = ONLY_ATTEMPT) -> None:
        """`parent` is the attempt that runs them."""
        self._services = services
        self._runner = runner
        self._parent = parent

    async def run(self, flow_id: str, request: RunRequest, context: RunContext, *, chat_id: str, api_key: str = "") -> Mapping[str, Any]:
        """Run another flow for a node of a running one: own messages, no events. Raises FlowCircle for flows that call each other."""
        attempt = NestedAttempt(self._parent)
        if attempt.depth > MAX_DEPTH:
            place = f"would be the {attempt.depth}th flow inside another"
            raise FlowCircle(f"flow {flow_id} {place}: flows call each other in a circle; end it")
        stored = await self._services.flows.get(flow_id)
        if not stored.api_key_id and is_of_another(stored.workspace_id, context.workspace_id):
            raise FlowNotFound(flow_id)
        await self._runner.check_key(stored, api_key)
        body = {
            "question": request.question,
            "chatId": chat_id,
            "overrideConfig": dict(request.override_config),
            **({"form": dict(request.form)} if request.form else {}),
        }
        nested = PredictionRequest(
            flow_id=flow_id,
            flow_version=stored.flow.version,
            chat_id=chat_id,
            message_id=str(uuid.uuid4()),
            body=body,
            workspace_id=stored.workspace_id,
            organization_id=context.organization_id,
            base_url=context.base_url,
            is_tool_call=True,
            accepted_ms=int(time.time() * 1000),
        )
        answer = await self._runner.predict(stored, nested, NoEvents(), context.trace, attempt)
        # What calls a flow shows an answer without members as it is.
        return answer if isinstance(answer, dict) else {"text": orjson.dumps(answer, default=str, option=orjson.OPT_INDENT_2).decode()}


def to_run_request(
    kind: str, body: Mapping[str, Any], uploads: tuple[Mapping[str, Any], ...], files_text: str, *, chat_type: str = "EXTERNAL"
) -> RunRequest:
    """The request's body as nodes see it; members of another type than documented count as absent.

    `chat_type` tells the entrance: only a call that the webhook route has checked carries a webhook's payload.
    """

    def mapping(name: str) -> Mapping[str, Any] | None:
        value = body.get(name)
        return value if isinstance(value, Mapping) else None

    question = body.get("question")
    # An agentflow has no use for a question that is null; a chatflow passes it on.
    has_question = "question" in body and (question is not None or kind != "AGENTFLOW")
    history = body.get("history")
    # An agentflow refuses a history that is no list, as it refuses an entry that is no message.
    refused = (history,) if history and kind == "AGENTFLOW" else ()
    lead = body.get("leadEmail")
    return RunRequest(
        question=question_text(question) if has_question else "",
        has_question=has_question,
        files_text=files_text,
        uploads=uploads,
        history=history if isinstance(history, list) else refused,
        override_config=mapping("overrideConfig") or {},
        form=mapping("form"),
        human_input=mapping("humanInput"),
        action=mapping("action"),
        webhook=mapping("webhook") if chat_type == "WEBHOOK" else None,
        is_scheduled=chat_type == "SCHEDULED",
        lead_email=lead if isinstance(lead, str) else None,
    )


def _numbers_sent(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """By their texts, the ids that came as numbers: the answer has them as the client sent them."""
    override = body.get("overrideConfig")
    sent = (body.get("chatId"), override.get("sessionId") if isinstance(override, Mapping) else None)
    return {text_of(value): value for value in sent if isinstance(value, (int, float))}


def to_response(kind: str, body: Mapping[str, Any], request: PredictionRequest, result: FlowResult, session_id: str) -> dict[str, Any]:
    """The JSON answer: the ending node's own members, then the ids. Members that say nothing are left out."""
    response = dict(result.fields)
    follow_up = result.stored.get("followUpPrompts")
    numbers = _numbers_sent(body)
    ids = {"chatId": numbers.get(request.chat_id, request.chat_id), "chatMessageId": request.message_id}
    # Clients decode this member twice.
    prompts = {"followUpPrompts": orjson.dumps(orjson.dumps(follow_up).decode()).decode()} if follow_up else {}
    if kind == "AGENTFLOW":
        if "question" in body:
            response["question"] = body["question"]
        head: dict[str, Any] = {name: response.pop(name) for name in ("text", "question", "form") if name in response}
        return {**head, **ids, **prompts, **response, "sessionId": numbers.get(session_id, session_id)}
    if "question" in body:
        response["question"] = body["question"]
    response |= ids | prompts
    if result.is_stream_valid is not None:
        response["isStreamValid"] = result.is_stream_valid
    response["sessionId"] = numbers.get(session_id, session_id)
    if result.memory_type:
        response["memoryType"] = result.memory_type
    if result.flow_variables:
        response["flowVariables"] = dict(result.flow_variables)
    return response


def status_of(error: FlowisectlError) -> int:
    """The HTTP status that fits an error inside a run. A failed flow is 500, as clients of Flowise know it."""
    match error:
        case AccessDenied():
            return 401
        case DeadlinePassed():
            return 504
        case Unavailable():
            return 503
        case NotFound() | RunStopped():
            return 500
        case _:
            return 500
