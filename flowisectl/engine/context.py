"""What a run is given: its ids, what the client asked, and the services that a run may ask for."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from flowisectl.engine.events import EventSink
from flowisectl.engine.local_paths import NO_PATHS, LocalPaths
from flowisectl.errors import NotFound
from flowisectl.interfaces.cache import TextCache
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.javascript import JavaScript
from flowisectl.interfaces.local_programs import NO_PROGRAMS, LocalPrograms
from flowisectl.interfaces.node_defaults import NO_DEFAULTS, NodeDefaults
from flowisectl.texts.text import OURS, BuiltInTexts


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What the client asked, as nodes see it. Uploads are stored and their texts extracted before the run."""

    question: str = ""
    has_question: bool = True
    """False when the body had none (a form, or the answer of a human); the result then has no `question`."""
    files_text: str = ""
    """The texts of attached files, each in a `<doc name='…'>…</doc>` element; goes in front of the question."""
    uploads: Sequence[Mapping[str, Any]] = ()
    """`{type, name, mime, data?}` after processing; `stored-file` names a blob of the chat."""
    history: Sequence[Mapping[str, Any]] = ()
    """Messages that the request sent itself: `{role | type, content | message}`."""
    override_config: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] | None = None
    human_input: Mapping[str, Any] | None = None
    """`{type: proceed | reject, startNodeId?, feedback?}`"""
    action: Mapping[str, Any] | None = None
    webhook: Mapping[str, Any] | None = None
    """`{body, headers, query}` of the call that a webhook took; None for every other entrance."""
    is_scheduled: bool = False
    """The flow's schedule starts the run; nobody else may start such a flow."""
    lead_email: str | None = None

    @property
    def final_question(self) -> str:
        """The question with the texts of attached files in front."""
        return f"{self.files_text}\n\n{self.question}" if self.files_text else self.question


class Credentials(Protocol):
    async def fields(self, credential_id: str) -> Mapping[str, Any]:
        """The decrypted fields; an empty mapping for an empty or unknown id (nodes then say which key they lack)."""
        ...


@dataclass(frozen=True, kw_only=True)
class StoredMessage:
    """One row of `chat_message`, as history sees it. JSON columns are decoded."""

    role: str
    """`userMessage` or `apiMessage`."""
    content: str
    file_uploads: Sequence[Mapping[str, Any]] = ()
    artifacts: Any = None
    file_annotations: Any = None
    used_tools: Any = None


class History(Protocol):
    async def messages(self, flow_id: str, session_id: str, limit: int | None = None) -> Sequence[StoredMessage]:
        """The session's messages, oldest first; with a limit the newest so many."""
        ...


class Blobs(Protocol):
    async def read(self, flow_id: str, chat_id: str, name: str) -> bytes:
        """A stored file of a chat (of the flow when the chat id is empty). Raises NotFound."""
        ...

    async def write(self, flow_id: str, chat_id: str, name: str, data: bytes, media_type: str) -> str:
        """Store a file and give its name as it was made safe."""
        ...


class Variables(Protocol):
    async def values(self) -> Mapping[str, Any]:
        """The workspace's variables by name; those of type `runtime` are read from the process environment."""
        ...


@dataclass(frozen=True, kw_only=True)
class StoredExecution:
    """One row of `execution`; `data` is the decoded list of executed nodes."""

    id: str
    state: str
    data: list[dict[str, Any]]


class Executions(Protocol):
    """The traces of agentflow runs. A row is made when a run begins and rewritten as it goes on."""

    async def latest(self, flow_id: str, session_id: str) -> StoredExecution | None: ...

    async def create(self, flow_id: str, session_id: str) -> str:
        """Make a row in state INPROGRESS and give its id."""
        ...

    async def save(self, execution_id: str, data: list[dict[str, Any]], state: str) -> None:
        """Rewrite the row; state STOPPED also sets `stoppedDate`."""
        ...


class AgentStates(Protocol):
    """The states of graphs of agents, one for each flow and session."""

    async def load(self, flow_id: str, session_id: str) -> Mapping[str, Any] | None:
        """What was saved last, as JSON data."""
        ...

    async def save(self, flow_id: str, session_id: str, data: Mapping[str, Any]) -> None: ...

    async def forget(self, flow_id: str, session_id: str) -> None: ...


class NoAgentStates:
    """For runs that keep nothing."""

    async def load(self, flow_id: str, session_id: str) -> Mapping[str, Any] | None:
        return None

    async def save(self, flow_id: str, session_id: str, data: Mapping[str, Any]) -> None:
        return None

    async def forget(self, flow_id: str, session_id: str) -> None:
        return None


class NodeFactory(Protocol):
    """Builds what another node offers, for nodes that name a component in their own inputs."""

    async def build(self, name: str, inputs: Mapping[str, Any], context: RunContext, *, node_id: str = "", credential_id: str = "") -> Any:
        """The object that the component builds from these inputs. Raises UnknownNode."""
        ...


class Flows(Protocol):
    """Runs another flow inside this run, in the same process."""

    async def run(self, flow_id: str, request: RunRequest, context: RunContext, *, chat_id: str, api_key: str = "") -> Mapping[str, Any]:
        """The response that a prediction of that flow would give. Raises FlowNotFound, AccessDenied, FlowError."""
        ...


class Tools(Protocol):
    async def get(self, tool_id: str) -> Mapping[str, Any]:
        """A stored custom tool: `{name, description, schema, func}`. Raises NotFound."""
        ...


@dataclass(frozen=True, kw_only=True)
class StoreComponents:
    """What a document store is made of: `(component name, its settings)`, None for what is not chosen."""

    vector_store: tuple[str, Mapping[str, Any]] | None
    embeddings: tuple[str, Mapping[str, Any]] | None
    record_manager: tuple[str, Mapping[str, Any]] | None = None


class DocumentStores(Protocol):
    """The document stores of the workspace."""

    async def components(self, store_id: str) -> StoreComponents:
        """Raises NotFound."""
        ...

    async def documents(self, store_id: str) -> Sequence[Document]:
        """Every chunk of a store. Raises NotFound."""
        ...


class NoDocumentStores:
    """For runs outside of a workspace."""

    async def components(self, store_id: str) -> StoreComponents:
        raise NotFound(f"Document store {store_id} not found")

    async def documents(self, store_id: str) -> Sequence[Document]:
        raise NotFound(f"Document store {store_id} not found")


@dataclass(frozen=True, kw_only=True)
class StoredMcpServer:
    """An MCP server of the workspace; its headers may carry secrets, and so may its address."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class McpServers(Protocol):
    """The MCP servers of the workspace."""

    async def get(self, server_id: str) -> StoredMcpServer:
        """Raises NotFound, InvalidRequest for a server that is not authorized yet."""
        ...


class NoMcpServers:
    """For runs outside of a workspace."""

    async def get(self, server_id: str) -> StoredMcpServer:
        raise NotFound(f"Custom MCP server {server_id} not found")


@dataclass(frozen=True, kw_only=True)
class StoredAssistant:
    """An assistant of the workspace that lives at its provider."""

    details: Mapping[str, Any]
    """As the provider gave them: `{id, name, tools, …}`."""
    credential_id: str
    is_azure: bool = False


class Assistants(Protocol):
    """The assistants of the workspace that live at OpenAI, and the threads that chats have there."""

    async def get(self, assistant_id: str) -> StoredAssistant:
        """Raises NotFound."""
        ...

    async def thread_of(self, flow_id: str, chat_id: str) -> str:
        """The id of the chat's thread, an empty text when it has none yet."""
        ...


class NoAssistants:
    """For runs outside of a workspace."""

    async def get(self, assistant_id: str) -> StoredAssistant:
        raise NotFound(f"Assistant {assistant_id} not found")

    async def thread_of(self, flow_id: str, chat_id: str) -> str:
        return ""


class Trace(Protocol):
    """What an operator sees of a run (`jobs inspect`): one line for each node, with its time."""

    def node_started(self, node_id: str, node_name: str, label: str) -> None: ...

    def node_ended(self, node_id: str, status: str, error: str = "") -> None: ...

    def note(self, text: str) -> None:
        """Something worth a line: a retried model call, a kept result."""
        ...


class Checkpoint(Protocol):
    """Where a run keeps what it has finished, so that another attempt of the same job goes on from there."""

    async def load(self) -> Mapping[str, Any] | None:
        """What an earlier attempt kept; None when there is nothing, as in every first attempt."""
        ...

    async def save(self, data: Mapping[str, Any]) -> None:
        """Keep this instead of what was kept before. JSON data; it never fails: what cannot be kept is done again."""
        ...


class NoCheckpoint:
    """For runs that are never tried again."""

    async def load(self) -> Mapping[str, Any] | None:
        return None

    async def save(self, data: Mapping[str, Any]) -> None:
        return None


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """One run's ids and services. A nested run gets a copy with other ids (`dataclasses.replace`)."""

    flow_id: str
    chat_id: str
    session_id: str
    message_id: str
    """The id that the answer's row will have, made before the run."""
    request: RunRequest
    workspace_id: str = ""
    organization_id: str = ""
    base_url: str = ""
    is_internal: bool = False
    is_streaming: bool = False
    """The client gets tokens as they come: it asked for it and the flow can."""
    is_tool_call: bool = False
    """Another flow calls this one as a tool; its events go nowhere."""
    events: EventSink
    credentials: Credentials
    history: History
    executions: Executions
    blobs: Blobs
    variables: Variables
    tools: Tools
    nodes: NodeFactory
    flows: Flows
    http: HttpClient
    javascript: JavaScript
    trace: Trace
    text_cache: TextCache
    """The cache of model answers of this flow."""
    agent_states: AgentStates = field(default_factory=NoAgentStates)
    document_stores: DocumentStores = field(default_factory=NoDocumentStores)
    mcp_servers: McpServers = field(default_factory=NoMcpServers)
    assistants: Assistants = field(default_factory=NoAssistants)
    local_programs: LocalPrograms = NO_PROGRAMS
    defaults: NodeDefaults = NO_DEFAULTS
    """What nodes use where the flow leaves a setting open."""
    texts: BuiltInTexts = OURS
    """What models are told beyond what the flow says."""
    paths: LocalPaths = NO_PATHS
    """Which files and folders of this machine the flow may name."""
    shared: MutableMapping[str, Any] = field(default_factory=dict)
    """Values that nodes of one run share (Set Variable writes, Get Variable reads)."""
    checkpoint: Checkpoint = field(default_factory=NoCheckpoint)
    """Of the run itself; a nested run has none."""
    max_iterations: int = 1000
    """MAX_ITERATIONS: node steps of one agentflow run."""
    max_loop_count: int = 10
    """MAX_LOOP_COUNT: the limit of a loop node that has none of its own."""
