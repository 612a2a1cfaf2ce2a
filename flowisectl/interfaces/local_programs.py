"""What programs of this machine flows may start, as the operator says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LocalPrograms:
    """Nothing may be started unless it is allowed and named."""

    is_allowed: bool = False
    """CUSTOM_MCP_PROTOCOL=stdio."""
    commands: frozenset[str] = frozenset()
    """CUSTOM_MCP_ALLOWED_COMMANDS."""
    environment: frozenset[str] = frozenset()
    """CUSTOM_MCP_ALLOWED_ENV_VARS: variables that a flow may set for a program."""
    scripts: frozenset[str] = frozenset()
    """CUSTOM_MCP_ALLOWED_ABSOLUTE_SCRIPT_PATHS: whole paths that may be among the arguments."""
    is_checked: bool = True
    """CUSTOM_MCP_SECURITY_CHECK: arguments and variables are checked; commands always are."""


NO_PROGRAMS = LocalPrograms()
