"""What would keep a machine's role from working with those that run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_views import ROLE

from flowisectl.cli.role_check import differences
from flowisectl.queue.roster import RoleSeen

MAIN = replace(ROLE, role="main", id="h:1:a", storage="mine", key_fingerprint="k1")
WORKER = replace(ROLE, id="h:2:b", storage="mine", key_fingerprint="k1")
STRAY = replace(ROLE, id="h:3:c", storage="theirs", key_fingerprint="k2")


def test_a_machine_like_the_others_has_nothing_to_mend() -> None:
    assert differences((MAIN, WORKER, STRAY), own_key="k1", own_storage="mine") == []


def test_another_key_is_told_with_what_to_set() -> None:
    [(what, text)] = differences((MAIN, WORKER), own_key="k2", own_storage="mine")

    assert what == "key" and "(k2) is not the running roles' (k1)" in text and "SECRETKEY_PATH" in text


def test_other_files_are_told_with_what_to_set() -> None:
    [(what, text)] = differences((MAIN,), own_key="k1", own_storage="elsewhere")

    assert what == "storage" and "BLOB_STORAGE_PATH" in text


def test_a_worker_with_another_key_than_the_server_is_no_measure() -> None:
    found = differences((MAIN, STRAY), own_key="k2", own_storage="theirs")

    assert [what for what, _ in found] == ["key", "storage"]


@pytest.mark.parametrize("roles", [(WORKER,), (replace(MAIN, key_fingerprint="", storage=""), WORKER)])
def test_what_is_not_known_is_not_told(roles: tuple[RoleSeen, ...]) -> None:
    assert differences(roles, own_key="", own_storage="") == []
