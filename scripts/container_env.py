#!/usr/bin/env python3
"""Write docker/.env.example: every setting that works in a container, with what it is there. Takes no arguments."""

from __future__ import annotations

from pathlib import Path

from config.variables import SECTIONS, Variable

EXAMPLE = Path(__file__).resolve().parents[1] / "docker" / ".env.example"
FIXED = frozenset({"MODE", "DATABASE_TYPE", "DATABASE_PATH"})
"""What the compose files set themselves."""
OF_COMPOSE = {"REDIS_URL": "redis://redis:6379", "DATABASE_HOST": "postgres", "DATABASE_PORT": "5432"} | {
    name: "flowise" for name in ("DATABASE_NAME", "DATABASE_USER")
}
"""Where the compose files have a default of their own."""
HEAD = """\
# Copy to docker/.env. Compose reads it for the ${...} of the compose files, and gives it to main and workers.
# What is commented has the default that is shown. Keep the copy out of version control: it holds secrets.
# Written by scripts/container_env.py.

# ---- Needed ----

# The password of PostgreSQL; any long random text without blanks and $
DATABASE_PASSWORD=

# The image, where docker-compose-queue-prebuilt.yml shall take it from
#FLOWISECTL_IMAGE=flowisectl:latest
"""


def example() -> str:
    """The whole file."""
    parts = [HEAD]
    for section in SECTIONS:
        rows = [_row(variable) for variable in section.variables if _belongs_here(variable)]
        if rows:
            parts += [f"# ---- {section.title} ----\n", *rows]
    return "\n".join(parts)


def _belongs_here(variable: Variable) -> bool:
    return variable.is_used and variable.name not in FIXED and f"\n{variable.name}=" not in HEAD


def _row(variable: Variable) -> str:
    default = OF_COMPOSE.get(variable.name, variable.default)
    quoted = f'"{default}"' if "'" in default else default
    return f"# {variable.about}\n#{variable.name}={quoted}\n"


if __name__ == "__main__":
    EXAMPLE.write_text(example(), encoding="utf-8")
