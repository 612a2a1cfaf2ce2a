from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy.exc as sa_errors

from flowisectl.database.failures import LostConnection, explain, told
from flowisectl.errors import DatabaseUnavailable, InvalidRequest


def driver_error(kind: type[sa_errors.DBAPIError], cause: Exception, *, lost: bool = False) -> sa_errors.DBAPIError:
    return kind("SELECT secret", {"password": "hidden"}, cause, connection_invalidated=lost)


@pytest.mark.parametrize(
    ("error", "own", "says"),
    [
        (driver_error(sa_errors.OperationalError, sqlite3.OperationalError("database is locked")), DatabaseUnavailable, "is locked by"),
        (driver_error(sa_errors.OperationalError, sqlite3.OperationalError("no such table: x")), DatabaseUnavailable, "database migrate"),
        (driver_error(sa_errors.InterfaceError, OSError("gone"), lost=True), LostConnection, "broke the connection"),
        (driver_error(sa_errors.DataError, ValueError("bad uuid")), InvalidRequest, "cannot be stored"),
        (
            driver_error(sa_errors.IntegrityError, sqlite3.IntegrityError("NOT NULL constraint failed: variable.name")),
            InvalidRequest,
            "SQLITE_CONSTRAINT: NOT NULL constraint failed: variable.name",
        ),
        (sa_errors.TimeoutError("pool"), DatabaseUnavailable, "no free connection"),
        (ConnectionRefusedError("refused"), DatabaseUnavailable, "cannot be reached"),
    ],
)
def test_library_errors_are_told_in_one_line_without_values(error: Exception, own: type[Exception], says: str) -> None:
    explained = explain(error, "database D")

    assert type(explained) is own
    assert says in str(explained)
    assert "hidden" not in str(explained) and "SELECT" not in str(explained) and "\n" not in str(explained)


def test_errors_of_others_and_our_own_pass_as_they_are() -> None:
    theirs, ours = KeyError("x"), InvalidRequest("y")

    assert explain(theirs, "D") is theirs and explain(ours, "D") is ours
    with pytest.raises(KeyError), told("D"):
        raise theirs


def test_the_cause_is_kept() -> None:
    cause = ConnectionRefusedError("refused")

    with pytest.raises(DatabaseUnavailable) as caught, told("D"):
        raise cause

    assert caught.value.__cause__ is cause
