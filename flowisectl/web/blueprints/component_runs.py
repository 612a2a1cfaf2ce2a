"""Components at work outside of a conversation: choices of their inputs, a function tried out, an instruction written, a flow
drafted, an agent's tools."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from quart import Blueprint, Response

from flowisectl.database.credential import get_credential, is_usable_in
from flowisectl.documents.loading import credential_of
from flowisectl.documents.request import UpsertRequest
from flowisectl.documents.task_names import CALL_TOOL, DRAFT, FUNCTION, INSTRUCTION, TOOLS
from flowisectl.errors import FlowisectlError, UnknownNode
from flowisectl.web.access.callers import current_caller, needs, workspace_id
from flowisectl.web.answers import json_answer
from flowisectl.web.catalogue.node_choices import FLOW_WRITES, NodeChoices
from flowisectl.web.errors import HttpError, service, service_text
from flowisectl.web.flows.own import own_flow
from flowisectl.web.predictions.upsert_answer import answer_upsert
from flowisectl.web.requests.body import body_object, text_member
from flowisectl.web.services import current_services
from flowisectl.web.source import base_url
from flowisectl.web.workspace.organizations import organization_of

blueprint = Blueprint("component_runs", __name__)

_FLOW_READS = ("chatflows:view", "chatflows:update", "agentflows:view", "agentflows:update")
log = logging.getLogger(__name__)


@blueprint.post("/node-load-method/<name>")
async def load_choices(name: str) -> Response:
    """The choices of an input (`loadMethod` and the node's data); an empty list for what cannot be loaded."""
    services, body = current_services(), await body_object()
    try:
        definition = services.catalogue.get(name).definition
    except UnknownNode as error:
        raise HttpError(500, service_text("nodesService.getSingleNodeAsyncOptions", f"Node {name} not found")) from error
    await _check_credential(body.get("credential"))
    try:
        choices = NodeChoices(definition=definition, body=body, services=services, caller=current_caller())
        return json_answer(await choices.of(str(body.get("loadMethod") or "")))
    except FlowisectlError as error:
        log.info("the choices of node %s could not be loaded: %s", name, error)
        return json_answer([])


async def _check_credential(credential_id: Any) -> None:
    """Raises HttpError 404 for a credential of another workspace."""
    if not isinstance(credential_id, str) or not credential_id:
        return
    database = current_services().database
    if not await is_usable_in(database, await get_credential(database, credential_id), workspace_id()):
        raise HttpError(404, f"Credential {credential_id} not found")


async def _check_chosen_model(body: Mapping[str, Any]) -> None:
    """Raises HttpError 404 when the credential of `selectedChatModel` is one of another workspace."""
    chosen = body.get("selectedChatModel")
    if isinstance(chosen, Mapping):
        inputs = chosen.get("inputs")
        await _check_credential(credential_of(inputs if isinstance(inputs, Mapping) else {}, chosen))


@blueprint.post("/node-custom-function")
@needs(*FLOW_WRITES)
async def run_function() -> Response:
    """What a function returns that is being written."""
    body = await body_object()
    with service("nodesService.executeCustomFunction"):
        text_member(body, "javascriptFunction", "nodesController.executeCustomFunction")
        return await answer_upsert(await _job(FUNCTION, body))


@blueprint.post("/assistants/generate/instruction")
@needs("assistants:create", "assistants:update")
async def write_instruction() -> Response:
    """An assistant's instruction for a `task`, written by `selectedChatModel`."""
    body = await body_object()
    with service("assistantsService.generateAssistantInstruction"):
        text_member(body, "task", "assistantsController.generateAssistantInstruction")
        await _check_chosen_model(body)
        return await answer_upsert(await _job(INSTRUCTION, body))


@blueprint.post("/agentflowv2-generator/generate")
@needs(*FLOW_WRITES)
async def draft_flow() -> Response:
    """An agentflow for a `question`, drafted by `selectedChatModel`: `{nodes, edges, description?}`, not saved."""
    body = await body_object()
    with service("agentflowv2GeneratorService.generateAgentflowv2"):
        text_member(body, "question", "agentflowv2GeneratorController.generateAgentflowv2")
        if not isinstance(chosen := body.get("selectedChatModel"), dict) or not chosen.get("name"):
            raise HttpError(412, "Error: agentflowv2GeneratorController.generateAgentflowv2 - selectedChatModel not provided!")
        await _check_chosen_model(body)
        return await answer_upsert(await _job(DRAFT, body))


@blueprint.get("/openai-realtime/<flow_id>")
@needs(*_FLOW_READS)
async def agent_tools(flow_id: str) -> Response:
    """The tools of the flow's agent, as functions of OpenAI's realtime sessions."""
    stored = await own_flow(flow_id)
    with service("openaiRealTimeService.getAgentTools"):
        return await answer_upsert(await _job(TOOLS, {}, target=stored.flow.id, version=stored.flow.version))


@blueprint.post("/openai-realtime/<flow_id>")
@needs(*_FLOW_READS)
async def call_agent_tool(flow_id: str) -> Response:
    """Call one of these tools: `{chatId, toolName, inputArgs}`."""
    stored, body = await own_flow(flow_id), await body_object()
    with service("openaiRealTimeService.executeAgentTool"):
        text_member(body, "toolName", "openaiRealTimeController.executeAgentTool")
        chat_id = text_member(body, "chatId", "openaiRealTimeController.executeAgentTool")
        job = await _job(CALL_TOOL, body, target=stored.flow.id, version=stored.flow.version, chat_id=chat_id)
        return await answer_upsert(job)


async def _job(task: str, body: Mapping[str, Any], *, target: str = "", version: str = "", chat_id: str = "") -> UpsertRequest:
    workspace = workspace_id()
    return UpsertRequest(
        task=task,
        target_id=target,
        upsert_id=str(uuid.uuid4()),
        body=body,
        version=version,
        chat_id=chat_id,
        workspace_id=workspace,
        organization_id=await organization_of(current_services().database, workspace),
        base_url=base_url(),
    )
