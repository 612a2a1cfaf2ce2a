"""What people should know of a variable beyond its row: who reads it, what its unit is mistaken for, what became of a name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from config.settings import Settings
from config.variables import VARIABLES, Variable

MAIN, WORKER, BOTH = "main", "worker", "main, worker"
_READERS = {
    "": BOTH,
    "http": MAIN,
    "worker": WORKER,
    "queue": BOTH,
    "redis": BOTH,
    "database": BOTH,
    "storage": BOTH,
    "logs": BOTH,
    "metrics": BOTH,
    "telemetry": BOTH,
    "secrets": MAIN,
    "engine": BOTH,
    "vectors_postgres": BOTH,
    "records_postgres": BOTH,
}
_READERS_OF_ONE = {
    "HOST": BOTH,
    "MODE": MAIN,
    "WORKER_SHUTDOWN_GRACE": BOTH,
    "SECRETKEY_STORAGE_TYPE": BOTH,
    "SECRETKEY_PATH": BOTH,
    "SECRETKEY_AWS_ACCESS_KEY": BOTH,
    "SECRETKEY_AWS_SECRET_KEY": BOTH,
    "SECRETKEY_AWS_REGION": BOTH,
    "SECRETKEY_AWS_NAME": BOTH,
    "FLOWISE_SECRETKEY_OVERWRITE": BOTH,
    "QUEUE_WAIT_TIMEOUT": MAIN,
    "QUEUE_MAX_WAITING": MAIN,
    "ON_DISCONNECT": MAIN,
    "JOB_TIMEOUT": BOTH,
}
UNITS = {
    "REMOVE_ON_AGE": "seconds, although Flowise's documentation shows 24 as if it were hours",
    "SANDBOX_TIMEOUT": "milliseconds, unlike the other times",
    "REDIS_KEEP_ALIVE": "milliseconds",
    "REDIS_CERT": "the PEM text in base64, not a path",
    "REDIS_KEY": "the PEM text in base64, not a path",
    "REDIS_CA": "the PEM text in base64, not a path",
    "DATABASE_SSL_KEY_BASE64": "the certificate authority in base64, not a key",
    "JWT_TOKEN_EXPIRY_IN_MINUTES": "minutes",
    "JWT_REFRESH_TOKEN_EXPIRY_IN_MINUTES": "minutes",
    "WORKER_CONCURRENCY": "for each worker process, not for all together",
    "REMOVE_ON_COUNT": "for each queue, successes and failures together",
    "FLOWISE_FILE_SIZE_LIMIT": "JSON and form bodies; uploads of files have limits of their own",
    "GOOGLE_CLOUD_STORAGE_CREDENTIAL": "the path of a key file, not its text",
    "TRUST_PROXY": "unset trusts no proxy here, Flowise trusts all",
}
GONE = {
    "NUMBER_OF_PROXIES": "nothing reads it any more: use TRUST_PROXY",
    "DISABLE_FLOWISE_TELEMETRY": "there is no telemetry to turn off",
    "POSTHOG_PUBLIC_API_KEY": "there is no telemetry",
    "FLOWISE_USERNAME": "it has no effect since Flowise 3: `flowisectl user create` makes an account",
    "FLOWISE_PASSWORD": "it has no effect since Flowise 3: `flowisectl user create` makes an account",
    "PASSWORD_RESET_TOKEN_EXPIRY_IN_MINS": "the name that is read is PASSWORD_RESET_TOKEN_EXPIRY_IN_MINUTES",
    "WORKER_MAX_CONCURRENCY": "the name that is read is WORKER_CONCURRENCY",
    "LICENSE_URL": "there is no licence",
    "FLOWISE_EE_LICENSE_KEY": "there is no licence",
}
"""Names that are known from Flowise and its documentation, and read by nobody here."""
_PREFIXES = (
    "FLOWISE_",
    "REDIS_",
    "QUEUE_",
    "WORKER_",
    "JOB_",
    "DATABASE_",
    "SECRETKEY_",
    "JWT_",
    "LOG_",
    "STORAGE_",
    "S3_STORAGE_",
    "METRICS_",
)


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """A name that nobody reads."""

    name: str
    reason: str


def readers_of(variable: Variable) -> str:
    """Which roles read it."""
    return _READERS_OF_ONE.get(variable.name) or _READERS[variable.field.rpartition(".")[0]]


def traps(settings: Settings, values: Mapping[str, str]) -> dict[str, str]:
    """Variables whose value in force is likely not what was meant, and why."""
    return {name: text for name, test in _TRAPS.items() if name in values and (text := test(settings, values))}


def unknown_names(values: Mapping[str, str], sources: Mapping[str, str], process: str) -> list[Unknown]:
    """Names that nobody reads: all of a file, of the process environment those that look like ours."""
    known = {variable.name for variable in VARIABLES}
    found = []
    for name in sorted(values):
        if name in known or name.startswith("OTEL_"):  # OpenTelemetry's library has many more, and reads them itself
            continue
        if reason := GONE.get(name):
            found.append(Unknown(name=name, reason=reason))
        elif sources.get(name) != process or name.startswith(_PREFIXES):
            if close := difflib.get_close_matches(name, known, 1, 0.82):
                found.append(Unknown(name=name, reason=f"nobody reads it: is {close[0]} meant?"))
            elif sources.get(name) != process:
                found.append(Unknown(name=name, reason="no setting; flows may read it as a runtime variable"))
            elif not name.startswith("FLOWISECTL_"):
                found.append(Unknown(name=name, reason="nobody reads it"))
    return found


def _remove_on_age(settings: Settings, values: Mapping[str, str]) -> str:
    age = settings.queue.remove_on_age_seconds
    if age is not None and age < 3600 and values["REMOVE_ON_AGE"].strip().isdigit():
        return f"finished jobs are gone after {age} seconds; write {age}h if hours are meant"
    return ""


def _overridden(name: str) -> Callable[[Settings, Mapping[str, str]], str]:
    return lambda settings, values: f"it has no effect: {name} wins" if settings.redis.url and name == "REDIS_URL" else ""


def _without_server(settings: Settings, values: Mapping[str, str]) -> str:
    return "it has no effect: DATABASE_TYPE is sqlite" if settings.database.type == "sqlite" else ""


def _of_storage(kind: str) -> Callable[[Settings, Mapping[str, str]], str]:
    """A variable of one type of storage."""

    def test(settings: Settings, values: Mapping[str, str]) -> str:
        return "" if settings.storage.type == kind else f"it has no effect: STORAGE_TYPE is {settings.storage.type}"

    return test


def _without_aws(settings: Settings, values: Mapping[str, str]) -> str:
    return "" if settings.secrets.storage_type == "aws" else "it has no effect: SECRETKEY_STORAGE_TYPE is local"


def _aws_overwritten(settings: Settings, values: Mapping[str, str]) -> str:
    if without := _without_aws(settings, values):
        return without
    return "the key is not read from there: FLOWISE_SECRETKEY_OVERWRITE wins" if settings.secrets.overwrite else ""


def _ca_unchecked(settings: Settings, values: Mapping[str, str]) -> str:
    return "" if settings.database.reject_unauthorized else "the server is not verified: DATABASE_REJECT_UNAUTHORIZED=true verifies it"


def _sandbox(settings: Settings, values: Mapping[str, str]) -> str:
    seconds = settings.engine.sandbox_timeout_seconds
    return f"user code is stopped after {seconds:g} s: this is milliseconds" if seconds < 1 else ""


def _short_grace(settings: Settings, values: Mapping[str, str]) -> str:
    return "runs are cut at once when a role stops" if settings.worker.shutdown_grace_seconds == 0 else ""


def _wait(settings: Settings, values: Mapping[str, str]) -> str:
    if settings.queue.wait_timeout_seconds < settings.queue.job_timeout_seconds:
        return "callers give up before JOB_TIMEOUT ends a run, which then goes on unheard"
    return ""


_TRAPS: dict[str, Callable[[Settings, Mapping[str, str]], str]] = {
    "REMOVE_ON_AGE": _remove_on_age,
    "SANDBOX_TIMEOUT": _sandbox,
    "WORKER_SHUTDOWN_GRACE": _short_grace,
    "QUEUE_WAIT_TIMEOUT": _wait,
    "JOB_TIMEOUT": _wait,
    "DATABASE_SSL_KEY_BASE64": _ca_unchecked,
    "SECRETKEY_AWS_NAME": _aws_overwritten,
    **{name: _without_aws for name in ("SECRETKEY_AWS_ACCESS_KEY", "SECRETKEY_AWS_SECRET_KEY", "SECRETKEY_AWS_AUTH_PREFIX")},
    **{
        variable.name: _of_storage(kind)
        for kind, prefix in (("s3", "S3_"), ("gcs", "GOOGLE_CLOUD_"), ("azure", "AZURE_BLOB_STORAGE_"))
        for variable in VARIABLES
        if variable.name.startswith(prefix) and variable.is_used
    },
    **{name: _overridden("REDIS_URL") for name in ("REDIS_HOST", "REDIS_PORT", "REDIS_USERNAME", "REDIS_PASSWORD")},
    **{name: _without_server for name in ("DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER", "DATABASE_PASSWORD")},
}
