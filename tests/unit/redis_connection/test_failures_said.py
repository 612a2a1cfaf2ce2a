"""Failures of the Redis library, said so that whoever reads them knows what and where, once."""

from __future__ import annotations

import errno
import ssl

import pytest
from redis import exceptions

from flowisectl.redis_connection import is_refusal, to_unavailable


def raised(cause: BaseException) -> exceptions.ConnectionError:
    try:
        raise exceptions.ConnectionError(f"Error 111 connecting to 10.0.0.5:6379. {cause}") from cause
    except exceptions.ConnectionError as error:
        return error


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (OSError(errno.ECONNREFUSED, "Connect call failed ('10.0.0.5', 6379)"), "connection refused"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "connection reset by peer"),
    ],
)
def test_the_address_is_told_once(cause: OSError, reason: str) -> None:
    said = to_unavailable(raised(cause), "10.0.0.5:6379").message

    assert said == f"Redis at 10.0.0.5:6379 cannot be reached ({reason}): start it, or set REDIS_URL or REDIS_HOST"


def test_without_a_number_of_the_system_the_librarys_words_stand() -> None:
    said = to_unavailable(exceptions.ConnectionError("Connection closed by server."), "h:1").message

    assert "(Connection closed by server)" in said


@pytest.mark.parametrize(
    ("error", "refuses"),
    [
        (exceptions.OutOfMemoryError("command not allowed"), True),
        (exceptions.ResponseError("MISCONF Errors writing to the AOF file"), True),
        (exceptions.ReadOnlyError("You can't write against a read only replica."), True),
        (exceptions.ResponseError("NOPERM no permission to run eval"), False),
        (exceptions.ConnectionError("gone"), False),
    ],
)
def test_a_server_that_will_not_write_is_told_from_one_that_is_away(error: Exception, refuses: bool) -> None:
    assert is_refusal(error) is refuses


def test_numbers_of_tls_are_not_taken_for_those_of_the_system() -> None:
    said = to_unavailable(raised(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")), "h:1").message

    assert "wrong version number" in said and "not permitted" not in said
