"""Every variable of the environment that is known: one row each, with the field of `Settings` that it sets.

Names and defaults are those that Flowise documents; the rows marked "own" are this project's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from config.values import (
    age,
    boolean,
    choice,
    duration,
    file,
    flag,
    folder,
    limit,
    milliseconds,
    names,
    pem,
    port,
    queue_name,
    redis_url,
    size,
    text,
    whole,
)


@dataclass(frozen=True, kw_only=True)
class Variable:
    name: str
    field: str
    """Where it goes in `Settings`: `mode`, or group and field as in `redis.url`."""
    read: Callable[[str], Any]
    default: str
    """The default, as text for people; an empty text where there is none."""
    about: str
    """One line of explanation."""
    is_secret: bool = False
    """The value never appears in a message."""
    is_used: bool = True
    """False: known and checked, without effect in this version."""


@dataclass(frozen=True)
class Section:
    title: str
    variables: tuple[Variable, ...]


def _row(
    name: str, field: str, read: Callable[[str], Any], default: str, about: str, *, secret: bool = False, later: bool = False
) -> Variable:
    about = f"{about} (no effect yet)" if later else about
    return Variable(name=name, field=field, read=read, default=default, about=about, is_secret=secret, is_used=not later)


def _postgres(prefix: str, group: str, whose: str, table: str) -> tuple[Variable, ...]:
    """The rows of one PostgreSQL that nodes fall back on."""
    return (
        _row(f"{prefix}_HOST", f"{group}.host", text, "", f"{whose}: host; if set, user and password go to no other"),
        _row(f"{prefix}_PORT", f"{group}.port", port, "5432", f"{whose}: port"),
        _row(f"{prefix}_DATABASE", f"{group}.database", text, "", f"{whose}: database"),
        _row(f"{prefix}_USER", f"{group}.user", text, "", f"{whose}: user, for nodes without a credential"),
        _row(f"{prefix}_PASSWORD", f"{group}.password", text, "", f"{whose}: password, for nodes without a credential", secret=True),
        _row(f"{prefix}_SSL", f"{group}.ssl", boolean, "false", f"{whose}: encrypt the connection"),
        _row(f"{prefix}_TABLE_NAME", f"{group}.table", text, table, f"{whose}: table"),
    )


_LEVELS = choice("error", "warn", "info", "verbose", "debug")


def _is(word: str) -> Callable[[str], bool]:
    return lambda value: value.strip() == word


SECTIONS = (
    Section(
        "Server",
        (
            _row("MODE", "mode", choice("main", "queue"), "main", "main: flows run in the server itself; queue: in workers"),
            _row("PORT", "http.port", port, "3000", "The port of the HTTP server"),
            _row("HOST", "http.host", text, "0.0.0.0", "The address that main and workers listen on"),
            _row("FLOWISE_FILE_SIZE_LIMIT", "http.file_size_limit", size, "50mb", "The largest JSON or form body"),
            _row("CORS_ORIGINS", "http.cors_origins", text, "", "Origins whose pages may call the API: a comma-separated list, or *"),
            _row("CORS_ALLOW_CREDENTIALS", "http.cors_allow_credentials", boolean, "false", "Those pages may send cookies; not with *"),
            _row("MCP_CORS_ORIGINS", "http.mcp_cors_origins", text, "", "The same list for the MCP endpoint"),
            _row("OAUTH2_SECURITY_CHECK", "http.oauth2_security_check", boolean, "true", "Ask only known services for OAuth2 tokens"),
            _row("OAUTH2_ALLOWED_TOKEN_DOMAINS", "http.oauth2_allowed_token_domains", text, "", "Host names that are known besides"),
            _row("IFRAME_ORIGINS", "http.iframe_origins", text, "'self'", "Origins that may show this server in a frame"),
            _row("APP_URL", "http.app_url", text, "", "The address that users open; https makes cookies secure"),
            _row("BASE_URL", "http.base_url", text, "", "What links in an export of messages begin with"),
            _row("TRUST_PROXY", "http.trust_proxy", text, "false", "Proxies to believe: true, a number of hops, a list"),
            _row("DENYLIST_URLS", "http.denylist_urls", names, "", "Public route prefixes that shall need a login, comma-separated"),
            _row("SECURE_COOKIES", "http.secure_cookies", boolean, "", "Cookies only over https; unset: as APP_URL says"),
            _row(
                "NODE_ENV", "http.is_development", _is("development"), "", "development: errors carry their stack; production: safe cookies"
            ),
            _row("SHOW_COMMUNITY_NODES", "http.show_community_nodes", flag, "false", "List nodes that the community keeps", later=True),
            _row("DISABLED_NODES", "engine.disabled_nodes", names, "", "Node names that flows may not use, comma-separated", later=True),
            _row("ENABLE_BULLMQ_DASHBOARD", "http.has_queue_dashboard", boolean, "false", "The queue's page at /admin/queues"),
            _row("ENABLE_QUEUE_DASHBOARD", "http.has_queue_dashboard", boolean, "false", "Own: the same under a better name"),
            _row("ADMIN_RATE_LIMIT_MESSAGE", "http.dashboard_limit_message", text, "", "What the page says after too many requests"),
        ),
    ),
    Section(
        "Queue and workers",
        (
            _row("WORKER_PORT", "worker.port", port, "5566", "The port of a worker's health endpoint (/healthz)"),
            _row("WORKER_CONCURRENCY", "worker.concurrency", whole(1), "10000", "Runs at once in one worker; free slots cost nothing"),
            _row("WORKER_SHUTDOWN_GRACE", "worker.shutdown_grace_seconds", duration, "30", "Own: time that running jobs get when it stops"),
            _row("WORKER_MAX_JOBS", "worker.max_jobs", whole(0), "0", "Own: a worker is replaced after so many jobs; 0: never"),
            _row("WORKER_MAX_MEMORY", "worker.max_memory_bytes", size, "0", "Own: a worker that holds more is replaced, as 1gb; 0: never"),
            _row("QUEUE_NAME", "queue.name", queue_name, "flowise-queue", "Prefix of every key in Redis"),
            _row("QUEUE_REDIS_EVENT_STREAM_MAX_LEN", "queue.event_stream_max_len", whole(1), "10000", "Entries kept of a stream of events"),
            _row("REMOVE_ON_AGE", "queue.remove_on_age_seconds", age, "-1", "Seconds that finished jobs are kept; -1: 1 day (failed: 7)"),
            _row("REMOVE_ON_COUNT", "queue.remove_on_count", limit, "-1", "How many finished jobs are kept; -1: 10000"),
            _row("JOB_TIMEOUT", "queue.job_timeout_seconds", duration, "300", "Own: how long one run may take"),
            _row("JOB_ATTEMPTS", "queue.job_attempts", whole(1, 100), "3", "Own: how often a job is started when its workers die"),
            _row("QUEUE_WAIT_TIMEOUT", "queue.wait_timeout_seconds", duration, "310", "Own: how long a caller waits, queueing included"),
            _row("QUEUE_MAX_WAITING", "queue.max_waiting", whole(0), "10000", "Own: predictions that may wait, then 429; 0: no limit"),
            _row(
                "ON_DISCONNECT",
                "queue.on_disconnect",
                choice("continue", "cancel"),
                "continue",
                "Own: whether a run goes on when the client of its stream leaves",
            ),
        ),
    ),
    Section(
        "Redis",
        (
            _row("REDIS_URL", "redis.url", redis_url, "", "redis://, rediss://, unix:// or redis+sentinel://; wins over host", secret=True),
            _row("REDIS_HOST", "redis.host", text, "localhost", "Host, when there is no REDIS_URL"),
            _row("REDIS_PORT", "redis.port", whole(1, 65_535), "6379", "Port, when there is no REDIS_URL"),
            _row("REDIS_USERNAME", "redis.username", text, "", "User name, when there is no REDIS_URL"),
            _row("REDIS_PASSWORD", "redis.password", text, "", "Password, when there is no REDIS_URL", secret=True),
            _row("REDIS_TLS", "redis.tls", boolean, "false", "Encrypt the connection"),
            _row("REDIS_CERT", "redis.cert_pem", pem, "", "Client certificate: PEM text in base64, not a path", secret=True),
            _row("REDIS_KEY", "redis.key_pem", pem, "", "Key of the client certificate: PEM text in base64", secret=True),
            _row("REDIS_CA", "redis.ca_pem", pem, "", "Certificate authority: PEM text in base64", secret=True),
            _row("REDIS_KEEP_ALIVE", "redis.keep_alive_ms", whole(1, unit="milliseconds"), "", "Milliseconds between signs of life"),
        ),
    ),
    Section(
        "Database",
        (
            _row(
                "DATABASE_TYPE",
                "database.type",
                choice("sqlite", "postgres", "mysql", "mariadb"),
                "sqlite",
                "sqlite, postgres, mysql or mariadb",
            ),
            _row("DATABASE_PATH", "database.path", folder, "~/.flowise", "sqlite: the folder of database.sqlite"),
            _row("DATABASE_HOST", "database.host", text, "", "Host of the database server"),
            _row("DATABASE_PORT", "database.port", whole(1, 65_535), "", "Its port; unset: 5432, or 3306 for mysql and mariadb"),
            _row("DATABASE_NAME", "database.name", text, "", "Name of the database"),
            _row("DATABASE_USER", "database.user", text, "", "User name"),
            _row("DATABASE_PASSWORD", "database.password", text, "", "Password", secret=True),
            _row("DATABASE_SSL", "database.ssl", boolean, "false", "Encrypt the connection and verify the server"),
            _row("DATABASE_SSL_KEY_BASE64", "database.ssl_ca_pem", pem, "", "Certificate authority: PEM text in base64", secret=True),
            _row("DATABASE_REJECT_UNAUTHORIZED", "database.reject_unauthorized", boolean, "false", "Verify against that authority"),
            _row(
                "DATABASE_UNKNOWN_SCHEMA",
                "database.unknown_schema",
                choice("refuse", "read-only", "allow"),
                "refuse",
                "Own: on the schema of another Flowise version, refuse to start, only read, or write all the same",
            ),
        ),
    ),
    Section(
        "Storage of files",
        (
            _row(
                "STORAGE_TYPE",
                "storage.type",
                choice("local", "s3", "gcs", "azure"),
                "local",
                "Where uploads and other files go: local, s3, gcs or azure; all but local need the extra `storage`",
            ),
            _row("BLOB_STORAGE_PATH", "storage.path", folder, "~/.flowise/storage", "local: the folder; main and workers share one"),
            _row("S3_STORAGE_BUCKET_NAME", "storage.s3_bucket", text, "", "s3: bucket"),
            _row("S3_STORAGE_REGION", "storage.s3_region", text, "", "s3: region"),
            _row("S3_STORAGE_ACCESS_KEY_ID", "storage.s3_access_key_id", text, "", "s3: key id; unset: what the AWS environment gives"),
            _row("S3_STORAGE_SECRET_ACCESS_KEY", "storage.s3_secret_access_key", text, "", "s3: secret key", secret=True),
            _row("S3_ENDPOINT_URL", "storage.s3_endpoint_url", text, "", "s3: address of a compatible service"),
            _row("S3_FORCE_PATH_STYLE", "storage.s3_force_path_style", boolean, "false", "s3: the bucket's name stands in the path"),
            _row("GOOGLE_CLOUD_STORAGE_CREDENTIAL", "storage.gcs_credential_file", text, "", "gcs: path of the key file; unset: default"),
            _row(
                "GOOGLE_CLOUD_STORAGE_PROJ_ID",
                "storage.gcs_project_id",
                text,
                "",
                "gcs: project; the bucket's name is enough here",
                later=True,
            ),
            _row("GOOGLE_CLOUD_STORAGE_BUCKET_NAME", "storage.gcs_bucket", text, "", "gcs: bucket"),
            _row(
                "GOOGLE_CLOUD_UNIFORM_BUCKET_ACCESS",
                "storage.gcs_uniform_access",
                flag,
                "true",
                "gcs: uniform bucket access; both ways work, no access list is sent with a file",
                later=True,
            ),
            _row("AZURE_BLOB_STORAGE_CONNECTION_STRING", "storage.azure_connection_string", text, "", "azure: connection", secret=True),
            _row("AZURE_BLOB_STORAGE_ACCOUNT_NAME", "storage.azure_account_name", text, "", "azure: account"),
            _row("AZURE_BLOB_STORAGE_ACCOUNT_KEY", "storage.azure_account_key", text, "", "azure: its key", secret=True),
            _row("AZURE_BLOB_STORAGE_CONTAINER_NAME", "storage.azure_container", text, "", "azure: container"),
        ),
    ),
    Section(
        "Logs",
        (
            _row("LOG_LEVEL", "logs.level", _LEVELS, "info", "error, warn, info, verbose or debug"),
            _row("LOG_PATH", "logs.path", folder, "", "Folder of rotated log files; unset: standard error only"),
            _row("DEBUG", "logs.debug", flag, "false", "Say more: every request with its headers and its body"),
            _row("LOG_SANITIZE_BODY_FIELDS", "logs.sanitize_body_fields", names, "", "More members of bodies that DEBUG must not log"),
            _row("LOG_SANITIZE_HEADER_FIELDS", "logs.sanitize_header_fields", names, "", "More headers that DEBUG must not log"),
        ),
    ),
    Section(
        "Metrics",
        (
            _row("ENABLE_METRICS", "http.has_metrics", boolean, "false", "Metrics at /api/v1/metrics; workers always have /metrics"),
            _row("METRICS_SERVICE_NAME", "metrics.service_name", text, "FlowiseAI", "The label app of every series"),
            _row("METRICS_INCLUDE_NODE_METRICS", "metrics.has_process_metrics", boolean, "true", "Memory and CPU of the process, too"),
        ),
    ),
    Section(
        "Traces",
        (
            _row(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "telemetry.endpoint",
                text,
                "",
                "URL of an OpenTelemetry collector, as http://localhost:4318; unset: no traces. Needs the extra telemetry",
            ),
            _row("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "telemetry.traces_endpoint", text, "", "The URL for traces alone"),
            _row("OTEL_EXPORTER_OTLP_PROTOCOL", "telemetry.protocol", text, "http/protobuf", "Only http/protobuf is spoken"),
            _row("OTEL_TRACES_EXPORTER", "telemetry.exporter", text, "otlp", "otlp or none"),
            _row("OTEL_SDK_DISABLED", "telemetry.is_disabled", flag, "false", "true: no traces, whatever else is set"),
            _row("OTEL_SERVICE_NAME", "telemetry.service_name", text, "", "Unset: flowisectl-main and flowisectl-worker"),
        ),
    ),
    Section(
        "Secrets and sessions",
        (
            _row(
                "SECRETKEY_STORAGE_TYPE",
                "secrets.storage_type",
                choice("local", "aws"),
                "local",
                "Where the encryption key lives: local, or aws (Secrets Manager), which needs the extra `aws`",
            ),
            _row("SECRETKEY_PATH", "secrets.path", folder, "~/.flowise", "local: the folder of encryption.key"),
            _row("FLOWISE_SECRETKEY_OVERWRITE", "secrets.overwrite", text, "", "The encryption key itself", secret=True),
            _row("SECRETKEY_AWS_ACCESS_KEY", "secrets.aws_access_key", text, "", "aws: key id; unset: the usual AWS chain"),
            _row("SECRETKEY_AWS_SECRET_KEY", "secrets.aws_secret_key", text, "", "aws: secret key", secret=True),
            _row("SECRETKEY_AWS_REGION", "secrets.aws_region", text, "us-east-1", "aws: region"),
            _row("SECRETKEY_AWS_NAME", "secrets.aws_name", text, "FlowiseEncryptionKey", "aws: name of the secret"),
            _row("SECRETKEY_AWS_AUTH_PREFIX", "secrets.aws_auth_prefix", text, "Flowise", "aws: prefix of the auth secrets"),
            _row("TOKEN_HASH_SECRET", "secrets.token_hash_secret", text, "", "Unset: made once, kept in a file", secret=True),
            _row("EXPRESS_SESSION_SECRET", "secrets.session_secret", text, "", "Unset: made once, kept in a file", secret=True),
            _row("JWT_AUTH_TOKEN_SECRET", "secrets.jwt_auth_token_secret", text, "", "Unset: made once, kept in a file", secret=True),
            _row("JWT_REFRESH_TOKEN_SECRET", "secrets.jwt_refresh_token_secret", text, "", "Unset: made once, kept in a file", secret=True),
            _row("JWT_ISSUER", "secrets.jwt_issuer", text, "flowise", "Issuer of sessions' tokens"),
            _row("JWT_AUDIENCE", "secrets.jwt_audience", text, "flowise", "Audience of sessions' tokens"),
            _row("JWT_TOKEN_EXPIRY_IN_MINUTES", "secrets.jwt_token_minutes", whole(1), "60", "Life of a session's token"),
            _row("JWT_REFRESH_TOKEN_EXPIRY_IN_MINUTES", "secrets.jwt_refresh_token_minutes", whole(1), "129600", "Life of its renewal"),
            _row("EXPIRE_AUTH_TOKENS_ON_RESTART", "secrets.expire_tokens_on_restart", boolean, "false", "A restart ends sessions"),
            _row("PASSWORD_SALT_HASH_ROUNDS", "secrets.password_rounds", whole(4, 20), "10", "Cost of a password's hash"),
            _row("INVITE_TOKEN_EXPIRY_IN_HOURS", "secrets.invite_token_hours", whole(1), "24", "Life of an invitation", later=True),
            _row(
                "PASSWORD_RESET_TOKEN_EXPIRY_IN_MINUTES",
                "secrets.password_reset_minutes",
                whole(1),
                "15",
                "Life of a password reset",
                later=True,
            ),
        ),
    ),
    Section(
        "Flows, and what they may do",
        (
            _row("MAX_ITERATIONS", "engine.max_iterations", whole(1), "1000", "Node steps of one agentflow run"),
            _row("MAX_LOOP_COUNT", "engine.max_loop_count", whole(1), "10", "Rounds of a loop node that has no limit of its own"),
            _row(
                "MIN_SCHEDULE_INTERVAL_SECONDS", "engine.min_schedule_seconds", whole(1), "60", "The shortest time between scheduled starts"
            ),
            _row("SANDBOX_TIMEOUT", "engine.sandbox_timeout_seconds", milliseconds, "300000", "Milliseconds that user code may run"),
            _row("TOOL_FUNCTION_BUILTIN_DEP", "engine.builtin_modules", names, "", "Built-in modules that user code may require"),
            _row("TOOL_FUNCTION_EXTERNAL_DEP", "engine.external_modules", names, "", "Other modules that user code may require"),
            _row("TOOL_FUNCTION_PACKAGE_FOLDER", "engine.package_folder", folder, "", "Own: the node_modules folder that they lie in"),
            _row("CUSTOM_MCP_PROTOCOL", "engine.mcp_protocol", text, "sse", "stdio: flows may start MCP servers that are programs"),
            _row("CUSTOM_MCP_ALLOWED_COMMANDS", "engine.mcp_commands", names, "", "stdio: the commands that they may start"),
            _row("CUSTOM_MCP_ALLOWED_ENV_VARS", "engine.mcp_variables", names, "", "stdio: the variables that they may set"),
            _row("CUSTOM_MCP_ALLOWED_ABSOLUTE_SCRIPT_PATHS", "engine.mcp_scripts", names, "", "stdio: whole paths they may name"),
            _row("CUSTOM_MCP_SECURITY_CHECK", "engine.mcp_security_check", boolean, "true", "stdio: check arguments and variables"),
            _row("HTTP_SECURITY_CHECK", "engine.http_security_check", boolean, "true", "Refuse requests of flows to private addresses"),
            _row("HTTP_DENY_LIST", "engine.http_deny_list", names, "", "More hosts, addresses and networks to refuse"),
            _row("PATH_TRAVERSAL_SAFETY", "engine.path_traversal_safety", boolean, "true", "Check ids and paths that others name"),
            _row(
                "BUILT_IN_TEXTS_PATH", "engine.texts_path", file, "", "Own: a JSON file that replaces built-in texts, see flowisectl texts"
            ),
        ),
    ),
    Section(
        "PostgreSQL of nodes, where a flow names none",
        (
            *_postgres("POSTGRES_VECTORSTORE", "vectors_postgres", "Vector store", "documents"),
            _row(
                "POSTGRES_VECTORSTORE_CONTENT_COLUMN_NAME", "vectors_postgres.content_column", text, "pageContent", "Vector store: column"
            ),
            *_postgres("POSTGRES_RECORDMANAGER", "records_postgres", "Record manager", "upsertion_records"),
        ),
    ),
)

VARIABLES = tuple(variable for section in SECTIONS for variable in section.variables)
