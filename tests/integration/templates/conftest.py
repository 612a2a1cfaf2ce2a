"""The templates that Flowise ships, beside this checkout; where they are missing, these tests are skipped and say so."""

from __future__ import annotations

import pytest
from template_files import TEMPLATES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parameters `any_template`, `v2_template` and `chatflow_template`: one test for each file."""
    folders = {"any_template": ("chatflows", "agentflows", "agentflowsv2"), "v2_template": ("agentflowsv2",), "tool_template": ("tools",)}
    for name, places in folders.items():
        if name in metafunc.fixturenames:
            files = sorted(path for place in places for path in (TEMPLATES / place).glob("*.json"))
            missing = pytest.param(None, marks=pytest.mark.skip("the templates are not beside this checkout"))
            metafunc.parametrize(name, files or [missing], ids=[path.stem for path in files] or ["none"])
