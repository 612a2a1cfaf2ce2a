"""What nodes use where a flow leaves a setting open, as the operator says it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class PostgresDefaults:
    """Empty texts say nothing."""

    host: str = ""
    port: int = 5432
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    ssl: bool = False
    table: str = ""
    content_column: str = ""

    def login(self, host: str, user: str, password: str) -> tuple[str, str]:
        """User and password for a host that a node connects to: the node's own, else the operator's, which are told to no other
        host than the operator's, if there is one."""
        if user or (self.host and host != self.host):
            return user, password
        return self.user, self.password


@dataclass(frozen=True, kw_only=True)
class NodeDefaults:
    vectors: PostgresDefaults = PostgresDefaults()
    """POSTGRES_VECTORSTORE_*"""
    records: PostgresDefaults = PostgresDefaults()
    """POSTGRES_RECORDMANAGER_*"""


NO_DEFAULTS = NodeDefaults()
