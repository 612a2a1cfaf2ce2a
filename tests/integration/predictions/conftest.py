"""The services of one process, in the test's own folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from run_services import open_run_services

from flowisectl.runs.context import RunServices


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[RunServices]:
    async with open_run_services(tmp_path) as services:
        yield services
