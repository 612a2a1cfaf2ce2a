"""The settings of every role, made once per process from the environment and one `.env` file.

Names and defaults are those that Flowise documents. Each group is handed down to the room that needs it; nothing below
`roles` and `cli` reads the environment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

HOME = Path("~/.flowise")


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    port: int = 3000
    host: str = "0.0.0.0"
    file_size_limit: int = 50 * 1024 * 1024
    """FLOWISE_FILE_SIZE_LIMIT, bytes: the largest JSON or form body."""
    cors_origins: str = ""
    cors_allow_credentials: bool = False
    iframe_origins: str = "'self'"
    app_url: str = ""
    trust_proxy: str = ""
    """TRUST_PROXY: empty or `false` trusts none, `true` all, a number so many hops, else a list of addresses."""
    denylist_urls: tuple[str, ...] = ()
    """DENYLIST_URLS: public route prefixes that shall need a login."""
    is_development: bool = False
    """NODE_ENV=development: errors carry their stack."""
    is_production: bool = False
    """NODE_ENV=production: cookies are secure whatever SECURE_COOKIES says."""
    secure_cookies: bool | None = None
    """None: as APP_URL says."""
    mcp_cors_origins: str = ""
    oauth2_security_check: bool = True
    """Tokens are asked for only at addresses of the known services and of `oauth2_allowed_token_domains`."""
    oauth2_allowed_token_domains: str = ""
    """A comma list of host names; what lies under one is allowed, too."""
    base_url: str = ""
    """BASE_URL: what links in an export of messages begin with; empty: `http://localhost:<PORT>`."""
    show_community_nodes: bool = False
    has_queue_dashboard: bool = False
    """ENABLE_QUEUE_DASHBOARD, or ENABLE_BULLMQ_DASHBOARD as Flowise calls it."""
    dashboard_limit_message: str = ""
    """ADMIN_RATE_LIMIT_MESSAGE"""
    has_metrics: bool = False


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    port: int = 5566
    """WORKER_PORT: the worker's health endpoint."""
    concurrency: int = 10_000
    """WORKER_CONCURRENCY: runs at once; costs nothing until used."""
    shutdown_grace_seconds: float = 30.0
    max_jobs: int = 0
    """WORKER_MAX_JOBS: after so many jobs a worker ends in order and is started again; 0: never."""
    max_memory_bytes: int = 0
    """WORKER_MAX_MEMORY: a worker that holds more ends in order and is started again; 0: whatever it holds."""


@dataclass(frozen=True, kw_only=True)
class QueueSettings:
    name: str = "flowise-queue"
    """QUEUE_NAME: prefixes every key in Redis."""
    event_stream_max_len: int = 10_000
    remove_on_age_seconds: int | None = None
    """REMOVE_ON_AGE, seconds (not hours): how long finished jobs are kept. None: 1 day, failed ones 7 days."""
    remove_on_count: int | None = None
    """REMOVE_ON_COUNT: how many finished jobs are kept. None: 10,000."""
    job_timeout_seconds: float = 300.0
    job_attempts: int = 3
    """How often a job is started when its workers die; a flow's own error is final."""
    wait_timeout_seconds: float = 310.0
    """QUEUE_WAIT_TIMEOUT: how long a caller waits for an answer, queueing included."""
    max_waiting: int = 10_000
    """QUEUE_MAX_WAITING: how many predictions may wait; one more is refused. 0: no limit."""
    on_disconnect: str = "continue"
    """ON_DISCONNECT: `continue` (the run goes on and its answer is stored) or `cancel`, when the client of a stream leaves."""


@dataclass(frozen=True, kw_only=True)
class RedisSettings:
    url: str = field(default="", repr=False)
    host: str = "localhost"
    port: int = 6379
    username: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    cert_pem: str = field(default="", repr=False)
    """REDIS_CERT, decoded PEM text."""
    key_pem: str = field(default="", repr=False)
    ca_pem: str = field(default="", repr=False)
    keep_alive_ms: int | None = None
    is_configured: bool = False
    """REDIS_URL or REDIS_HOST was given; otherwise all-in-one starts its own server."""


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    type: str = "sqlite"
    """`sqlite`, `postgres`, `mysql` or `mariadb`."""
    path: Path = HOME
    """DATABASE_PATH: the folder of `database.sqlite`."""
    host: str = ""
    port: int = 0
    name: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    ssl: bool = False
    ssl_ca_pem: str = field(default="", repr=False)
    """DATABASE_SSL_KEY_BASE64, decoded: the CA."""
    reject_unauthorized: bool = False
    unknown_schema: str = "refuse"
    """DATABASE_UNKNOWN_SCHEMA: `refuse`, `read-only` or `allow` a database that an older or newer Flowise made."""

    @property
    def sqlite_file(self) -> Path:
        return self.path.expanduser() / "database.sqlite"


@dataclass(frozen=True, kw_only=True)
class StorageSettings:
    type: str = "local"
    """`local`, `s3`, `gcs` or `azure`."""
    path: Path = HOME / "storage"
    s3_bucket: str = ""
    s3_region: str = ""
    s3_access_key_id: str = ""
    s3_secret_access_key: str = field(default="", repr=False)
    s3_endpoint_url: str = ""
    s3_force_path_style: bool = False
    gcs_credential_file: str = ""
    gcs_project_id: str = ""
    gcs_bucket: str = ""
    gcs_uniform_access: bool = True
    azure_connection_string: str = field(default="", repr=False)
    azure_account_name: str = ""
    azure_account_key: str = field(default="", repr=False)
    azure_container: str = ""


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    level: str = "info"
    """`error`, `warn`, `info`, `verbose` or `debug`."""
    path: Path | None = None
    """LOG_PATH: the folder of log files; None: standard error only."""
    debug: bool = False
    sanitize_body_fields: tuple[str, ...] = ()
    """LOG_SANITIZE_BODY_FIELDS: members of a body whose values never reach a log."""
    sanitize_header_fields: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MetricsSettings:
    service_name: str = "FlowiseAI"
    """METRICS_SERVICE_NAME: the label `app` of every series."""
    has_process_metrics: bool = True
    """METRICS_INCLUDE_NODE_METRICS: memory and CPU of the process, which in Flowise is Node."""


@dataclass(frozen=True, kw_only=True)
class TelemetrySettings:
    """Where traces go. What is not here (sampler, headers, limits) OpenTelemetry's library reads by itself."""

    endpoint: str = field(default="", repr=False)
    """OTEL_EXPORTER_OTLP_ENDPOINT: the collector's URL; empty: no traces."""
    traces_endpoint: str = field(default="", repr=False)
    """OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: the URL for traces alone, used as it is."""
    protocol: str = "http/protobuf"
    exporter: str = "otlp"
    is_disabled: bool = False
    service_name: str = ""


@dataclass(frozen=True, kw_only=True)
class SecretSettings:
    storage_type: str = "local"
    """SECRETKEY_STORAGE_TYPE: `local` or `aws` (AWS Secrets Manager)."""
    path: Path = HOME
    """SECRETKEY_PATH: the folder of `encryption.key` and of the auth secrets."""
    overwrite: str = field(default="", repr=False)
    """FLOWISE_SECRETKEY_OVERWRITE: the encryption key itself."""
    token_hash_secret: str = field(default="", repr=False)
    session_secret: str = field(default="", repr=False)
    jwt_auth_token_secret: str = field(default="", repr=False)
    jwt_refresh_token_secret: str = field(default="", repr=False)
    jwt_issuer: str = ""
    jwt_audience: str = ""
    jwt_token_minutes: int = 60
    jwt_refresh_token_minutes: int = 129_600
    password_rounds: int = 10
    expire_tokens_on_restart: bool = False
    invite_token_hours: int = 24
    password_reset_minutes: int = 15
    aws_access_key: str = ""
    aws_secret_key: str = field(default="", repr=False)
    aws_region: str = "us-east-1"
    aws_name: str = "FlowiseEncryptionKey"
    aws_auth_prefix: str = "Flowise"


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    max_iterations: int = 1000
    max_loop_count: int = 10
    sandbox_timeout_seconds: float = 300.0
    """SANDBOX_TIMEOUT is milliseconds."""
    http_security_check: bool = True
    http_deny_list: tuple[str, ...] = ()
    builtin_modules: tuple[str, ...] = ()
    """TOOL_FUNCTION_BUILTIN_DEP"""
    external_modules: tuple[str, ...] = ()
    """TOOL_FUNCTION_EXTERNAL_DEP"""
    package_folder: Path | None = None
    """TOOL_FUNCTION_PACKAGE_FOLDER: a node_modules folder, where other modules are read from."""
    mcp_protocol: str = "sse"
    """CUSTOM_MCP_PROTOCOL: with `stdio` flows may start the programs of `mcp_commands`."""
    mcp_commands: tuple[str, ...] = ()
    mcp_variables: tuple[str, ...] = ()
    mcp_scripts: tuple[str, ...] = ()
    mcp_security_check: bool = True
    path_traversal_safety: bool = True
    disabled_nodes: tuple[str, ...] = ()
    texts_path: Path | None = None
    """BUILT_IN_TEXTS_PATH: a file of texts that take the place of built-in ones."""
    min_schedule_seconds: int = 60
    """MIN_SCHEDULE_INTERVAL_SECONDS: the shortest time between two starts of one schedule."""


@dataclass(frozen=True, kw_only=True)
class PostgresNodeSettings:
    """The PostgreSQL that nodes use where a flow names none. The password goes to no other host than `host`, if that is set."""

    host: str = ""
    port: int = 5432
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    ssl: bool = False
    table: str = ""
    content_column: str = ""


@dataclass(frozen=True, kw_only=True)
class Settings:
    mode: str = "main"
    """`main`: flows run in the server's own process. `queue`: the server only serves and enqueues."""
    http: HttpSettings = HttpSettings()
    worker: WorkerSettings = WorkerSettings()
    queue: QueueSettings = QueueSettings()
    redis: RedisSettings = RedisSettings()
    database: DatabaseSettings = DatabaseSettings()
    storage: StorageSettings = StorageSettings()
    logs: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    secrets: SecretSettings = SecretSettings()
    engine: EngineSettings = EngineSettings()
    vectors_postgres: PostgresNodeSettings = PostgresNodeSettings(table="documents", content_column="pageContent")
    """POSTGRES_VECTORSTORE_*"""
    records_postgres: PostgresNodeSettings = PostgresNodeSettings(table="upsertion_records")
    """POSTGRES_RECORDMANAGER_*"""
