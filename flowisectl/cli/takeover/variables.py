"""Somebody's environment for Flowise: what of it is refused here, has no effect, means something else, or is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from config.env import PROCESS, Environment
from config.explanations import GONE, traps, unknown_names
from config.settings import Settings
from config.variables import VARIABLES
from flowisectl.cli.takeover.report import Level, VariableFound

_NO_MAIL = "no mail is sent here: `flowisectl user` resets passwords"
_NO_TRACING = "runs are not reported to that service"
_ONLY_FLOWISE = {
    **{name: _NO_MAIL for name in ("SMTP_HOST", "SMTP_PORT", "SMTP_USER", "SMTP_PASSWORD", "SMTP_SECURE", "SENDER_EMAIL")},
    "ALLOW_UNAUTHORIZED_CERTS": _NO_MAIL,
    "WORKSPACE_INVITE_TEMPLATE_PATH": _NO_MAIL,
    "MODEL_LIST_CONFIG_JSON": "models are written by their name; there is no list to choose from",
    "E2B_APIKEY": "user code runs in this project's own sandbox, on this machine",
    "ALLOW_BUILTIN_DEP": "user code may require what TOOL_FUNCTION_BUILTIN_DEP names",
    **{
        name: "outgoing requests do not go through that proxy"
        for name in ("GLOBAL_AGENT_HTTP_PROXY", "GLOBAL_AGENT_HTTPS_PROXY", "GLOBAL_AGENT_NO_PROXY")
    },
    **{
        f"{prefix}_{name}": _NO_TRACING
        for prefix in ("LANGCHAIN", "LANGSMITH")
        for name in ("TRACING_V2", "TRACING", "ENDPOINT", "API_KEY", "PROJECT")
    },
    "PUPPETEER_EXECUTABLE_FILE_PATH": "Flowise does not read this name either",
    "PLAYWRIGHT_EXECUTABLE_FILE_PATH": "Flowise does not read this name either",
    "METRICS_PROVIDER": "metrics are Prometheus text at /api/v1/metrics",
    "OFFLINE": "there is no licence to check",
    "STRIPE_SECRET_KEY": "there is nothing to pay for",
}
"""Names that Flowise reads and this version does not, and what that means."""

_MISSED = frozenset({"SMTP_HOST", "GLOBAL_AGENT_HTTP_PROXY", "GLOBAL_AGENT_HTTPS_PROXY", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING"})
"""Those of which somebody will miss what they did; the others only go with them, or change nothing."""

_OTHER_MEANING = {
    "WORKER_CONCURRENCY": "for each worker process; Flowise starts three times as many, one set for each of its queues",
    "REMOVE_ON_AGE": "seconds, for what ended well and what failed",
    "LOG_PATH": "a folder for log files; without it logs go to standard error only",
    "FLOWISE_FILE_SIZE_LIMIT": "bounds JSON and form bodies; uploads have limits of their own",
    "HTTP_DENY_LIST": "host names are compared, too, not only addresses",
    "JWT_ISSUER": "sessions that Flowise opened end: users log in once more",
    "JWT_AUDIENCE": "sessions that Flowise opened end: users log in once more",
    "QUEUE_REDIS_EVENT_STREAM_MAX_LEN": "bounds each stream of events; jobs do not depend on it",
}
_TLS_VERIFIED = "the server's certificate is verified for every connection; Flowise's queue does not verify rediss:// at all"


def usable_environment(environment: Environment) -> tuple[Environment, list[VariableFound]]:
    """The environment without the variables whose values are refused here, and those."""
    refused: dict[str, str] = {}
    for variable in VARIABLES:
        if variable.name not in environment.values:
            continue
        try:
            variable.read(environment.values[variable.name])
        except ValueError as error:
            shown = "" if variable.is_secret else f"{environment.values[variable.name]!r}: "
            instead = f"; Flowise takes it for {variable.default or 'unset'}" if variable.name == "DATABASE_TYPE" else ""
            refused[variable.name] = f"{shown}must be {error}{instead}"
    values = {name: value for name, value in environment.values.items() if name not in refused}
    found = [VariableFound(name=name, kind="refused", text=text, level=Level.CANNOT) for name, text in refused.items()]
    return replace(environment, values=values), found


def judge_variables(environment: Environment, settings: Settings) -> list[VariableFound]:
    """Every variable that is worth a line, by kind and name."""
    return [*_without_effect(environment), *_other_meaning(environment, settings), *_unknown(environment)]


def _without_effect(environment: Environment) -> Iterator[VariableFound]:
    known = {variable.name: variable for variable in VARIABLES}
    for name in sorted(environment.values):
        if name in known and not known[name].is_used:
            is_default = environment.values[name].strip() == known[name].default
            text, level = known[name].about, Level.FINE if is_default else Level.WARNING
        elif name in known:
            continue
        elif name in GONE:
            text, level = GONE[name], Level.FINE
        elif name in _ONLY_FLOWISE:
            is_missed = name in _MISSED and environment.values[name].strip().lower() != "false"
            text, level = _ONLY_FLOWISE[name], Level.WARNING if is_missed else Level.FINE
        elif name.startswith("CUSTOM_MCP_"):
            text, level = "bounds MCP servers that Flowise starts itself; here they are reached over HTTP", Level.FINE
        else:
            continue
        yield VariableFound(name=name, kind="without effect", text=text, level=level)


def _other_meaning(environment: Environment, settings: Settings) -> Iterator[VariableFound]:
    values = environment.values
    said = {**{name: text for name, text in _OTHER_MEANING.items() if name in values}, **traps(settings, values)}
    if values.get("REDIS_URL", "").startswith("rediss:"):
        said["REDIS_URL"] = _TLS_VERIFIED
    if "TRUST_PROXY" not in values:
        said["TRUST_PROXY"] = "unset: no proxy is trusted here, Flowise trusts all; set it if one stands in front"
    if values.get("GOOGLE_CLOUD_UNIFORM_BUCKET_ACCESS", "").strip().lower() == "false":
        said["GOOGLE_CLOUD_UNIFORM_BUCKET_ACCESS"] = "false is false here; Flowise takes any text for true"
    for name in sorted(said):
        yield VariableFound(name=name, kind="other meaning", text=said[name])


def _unknown(environment: Environment) -> Iterator[VariableFound]:
    for unknown in unknown_names(environment.values, environment.sources, PROCESS):
        is_told = unknown.name in GONE or unknown.name in _ONLY_FLOWISE or unknown.name.startswith("CUSTOM_MCP_")
        if not is_told:
            yield VariableFound(name=unknown.name, kind="unknown", text=unknown.reason)
