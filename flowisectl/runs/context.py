"""One request → `RunContext`: the services that a process opened once, and the ids of one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flowisectl.database.connection import Database
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import Flows, RunContext, RunRequest, Trace
from flowisectl.engine.events import EventSink
from flowisectl.engine.local_paths import NO_PATHS, LocalPaths
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.javascript import JavaScript
from flowisectl.interfaces.local_programs import NO_PROGRAMS, LocalPrograms
from flowisectl.interfaces.node_defaults import NO_DEFAULTS, NodeDefaults
from flowisectl.runs.agent_states import DatabaseAgentStates
from flowisectl.runs.assistants import WorkspaceAssistants
from flowisectl.runs.attempt import Attempt, OnlyAttempt
from flowisectl.runs.document_stores import WorkspaceStores
from flowisectl.runs.executions import DatabaseExecutions
from flowisectl.runs.flows import FlowStore
from flowisectl.runs.history import DatabaseHistory
from flowisectl.runs.mcp_servers import Opener, WorkspaceMcpServers
from flowisectl.runs.text_cache import TextCaches
from flowisectl.runs.workspace import StoredTools, VariableStore, Vault, WorkspaceCredentials, WorkspaceVariables
from flowisectl.storage.blob_store import BlobStore
from flowisectl.texts.text import OURS, BuiltInTexts

ONLY_ATTEMPT = OnlyAttempt()


class Storage(Protocol):
    """The stored files of every organization."""

    def of_organization(self, organization_id: str) -> BlobStore: ...


@dataclass(frozen=True, kw_only=True)
class RunServices:
    """What a process that runs flows opens once."""

    database: Database
    flows: FlowStore
    catalogue: NodeCatalogue
    credentials: Vault
    blobs: Storage
    http: HttpClient
    javascript: JavaScript
    text_caches: TextCaches
    variables: VariableStore
    max_iterations: int = 1000
    max_loop_count: int = 10
    opener: Opener | None = None
    """Opens the encrypted headers of stored MCP servers."""
    local_programs: LocalPrograms = NO_PROGRAMS
    defaults: NodeDefaults = NO_DEFAULTS
    texts: BuiltInTexts = OURS
    paths: LocalPaths = NO_PATHS


@dataclass(frozen=True, kw_only=True)
class RunIds:
    flow_id: str
    chat_id: str
    session_id: str
    message_id: str
    workspace_id: str = ""
    organization_id: str = ""
    base_url: str = ""


def run_context(
    services: RunServices,
    ids: RunIds,
    request: RunRequest,
    *,
    events: EventSink,
    trace: Trace,
    flows: Flows,
    is_internal: bool = False,
    is_streaming: bool = False,
    is_tool_call: bool = False,
    attempt: Attempt = ONLY_ATTEMPT,
) -> RunContext:
    return RunContext(
        flow_id=ids.flow_id,
        chat_id=ids.chat_id,
        session_id=ids.session_id,
        message_id=ids.message_id,
        request=request,
        workspace_id=ids.workspace_id,
        organization_id=ids.organization_id,
        base_url=ids.base_url,
        is_internal=is_internal,
        is_streaming=is_streaming,
        is_tool_call=is_tool_call,
        events=events,
        credentials=WorkspaceCredentials(services.credentials, ids.workspace_id),
        history=DatabaseHistory(services.database),
        executions=DatabaseExecutions(services.database, ids.workspace_id, ids.message_id, attempt),
        agent_states=DatabaseAgentStates(services.database, attempt),
        document_stores=WorkspaceStores(services.database, ids.workspace_id),
        mcp_servers=WorkspaceMcpServers(services.database, ids.workspace_id, services.opener),
        assistants=WorkspaceAssistants(services.database, ids.workspace_id),
        local_programs=services.local_programs,
        defaults=services.defaults,
        texts=services.texts,
        paths=services.paths,
        blobs=services.blobs.of_organization(ids.organization_id),
        variables=WorkspaceVariables(services.variables, ids.workspace_id),
        tools=StoredTools(services.database, ids.workspace_id),
        nodes=services.catalogue,
        flows=flows,
        http=services.http,
        javascript=services.javascript,
        trace=trace,
        text_cache=services.text_caches.of_flow(ids.flow_id),
        checkpoint=attempt.checkpoint,
        max_iterations=services.max_iterations,
        max_loop_count=services.max_loop_count,
    )
