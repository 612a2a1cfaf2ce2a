"""What the database libraries say of a connection that could not be made, in few words."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from flowisectl.database.failures import explain


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('10.0.0.5', 5432)"), "(connection refused)"),
        (socket.gaierror(-2, "Name or service not known"), "(name or service not known)"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "wrong version number"),
        (OSError("Multiple exceptions: one, two"), "(Multiple exceptions: one, two)"),
    ],
)
def test_the_reason_is_the_systems_without_the_address(error: OSError, reason: str) -> None:
    said = str(explain(error, "PostgreSQL at 10.0.0.5:5432"))

    assert reason in said and said.count("10.0.0.5") == 1
    assert "DATABASE_*" in said
