"""Where the templates are that Flowise ships."""

from __future__ import annotations

from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[4] / "shared" / "flowise" / "marketplaces"
CHATFLOWS = TEMPLATES / "chatflows"
