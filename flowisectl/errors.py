"""Every error the project raises, as one tree.

FlowisectlError
├─ NotFound            FlowNotFound, CredentialNotFound, JobNotFound
├─ InvalidRequest      the client sent something that cannot be used
├─ InvalidSetting      a variable of the environment has a value that is not allowed
├─ AccessDenied        InvalidApiKey
├─ FlowError           InvalidFlow, UnknownNode, BrokenNode, FlowCircle, MissingInput, MissingExtra
│  └─ NodeError        a node failed; carries node id, node name and the cause
├─ ProviderError       a model provider refused or broke off; carries its status and its message
├─ RunStopped          somebody asked the run to stop
└─ Unavailable         RedisUnavailable, DatabaseUnavailable, DatabaseReadOnly, StorageUnavailable, DeadlinePassed, QueueFull

Domain code raises by meaning. Only `web/errors.py` knows status codes, only `cli` knows exit codes. A message says what
was wrong, with which id, and what to do next; `raise … from error` keeps the cause.
"""


class FlowisectlError(Exception):
    """Any error of this project; its text is meant for people."""

    awaited_job: str = ""
    """The id of the job that somebody waited for when this came; empty where there is none."""

    @property
    def message(self) -> str:
        return str(self)


class NotFound(FlowisectlError):
    """Something named by an id does not exist."""


class FlowNotFound(NotFound):
    def __init__(self, flow_id: str) -> None:
        super().__init__(f"Chatflow {flow_id} not found in the database!")
        self.flow_id = flow_id


class CredentialNotFound(NotFound):
    def __init__(self, credential_id: str) -> None:
        super().__init__(f"Credential {credential_id} not found")
        self.credential_id = credential_id


class JobNotFound(NotFound):
    def __init__(self, job_id: str) -> None:
        super().__init__(
            f"Job {job_id} not found: it may have been removed (REMOVE_ON_AGE, REMOVE_ON_COUNT); `flowisectl jobs list` shows what is kept"
        )
        self.job_id = job_id


class InvalidRequest(FlowisectlError):
    """The client sent something that cannot be used."""


class InvalidSetting(FlowisectlError):
    """A variable of the environment has a value that is not allowed."""

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f"{name}={value!r} is not allowed: {allowed}")
        self.name = name


class AccessDenied(FlowisectlError):
    """The caller may not do this."""


class InvalidApiKey(AccessDenied):
    def __init__(self) -> None:
        super().__init__("Unauthorized")


class FlowError(FlowisectlError):
    """A flow cannot be run as it is."""


class InvalidFlow(FlowError):
    """The flow's JSON or its wiring cannot be used."""


class FlowCircle(FlowError):
    """Flows run each other without an end."""


class UnknownNode(FlowError):
    """A flow uses a node type that this version does not have."""

    def __init__(self, node_name: str, node_id: str = "", flow_id: str = "", *, remedy: str = "") -> None:
        where = f" (node {node_id})" if node_id else ""
        flow = f" of flow {flow_id}" if flow_id else ""
        what = remedy or "replace the node, or see `flowisectl nodes list` for what runs"
        super().__init__(f"Node type {node_name!r}{where}{flow} is not supported yet: {what}")
        self.node_name = node_name


class BrokenNode(UnknownNode):
    """A node type of this version whose module cannot be imported here."""

    def __init__(self, node_name: str, why: str, node_id: str = "", flow_id: str = "") -> None:
        where = f" (node {node_id})" if node_id else ""
        flow = f" of flow {flow_id}" if flow_id else ""
        text = f"Node type {node_name!r}{where}{flow} cannot be loaded here ({why}): repair this installation, and start again"
        FlowError.__init__(self, text)
        self.node_name = node_name


class MissingInput(FlowError):
    """A node lacks an input that it needs."""


class MissingExtra(FlowError):
    """A node needs a library that is not installed."""

    def __init__(self, node_name: str, extra: str) -> None:
        super().__init__(f"node {node_name!r} needs: pip install 'flowisectl[{extra}]'")
        self.extra = extra


class NodeError(FlowError):
    """A node failed. The text is the cause's own, as clients of Flowise know it; ids are attributes."""

    def __init__(self, message: str, *, node_id: str, node_name: str) -> None:
        super().__init__(message)
        self.node_id = node_id
        self.node_name = node_name


class ProviderError(FlowisectlError):
    """A model provider refused a request or broke off. `status` is its HTTP status, 0 when there was none."""

    def __init__(self, message: str, *, provider: str, status: int = 0) -> None:
        super().__init__(message)
        self.provider = provider
        self.status = status


class RunStopped(FlowisectlError):
    """Somebody asked the run to stop."""

    def __init__(self, message: str = "Flow execution was cancelled") -> None:
        super().__init__(message)


class Unavailable(FlowisectlError):
    """Something that the program depends on does not answer."""

    is_logged: bool = False
    """The log has it already, in words of who noticed."""


class RedisUnavailable(Unavailable):
    """Redis cannot be reached."""


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached or is not migrated."""


class DatabaseReadOnly(Unavailable):
    """The database was opened for reading only: waiting does not help."""


class StorageUnavailable(Unavailable):
    """The stored files cannot be reached, or not by those who would need them."""


class DeadlinePassed(Unavailable):
    """A job was not finished within its time."""


class QueueFull(Unavailable):
    """More is asked for than may wait: the request was not accepted, and may be sent again later."""
