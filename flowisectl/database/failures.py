"""Errors of the database libraries, told in the project's own words."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy.exc as sa_errors

from flowisectl.errors import DatabaseUnavailable, FlowisectlError, InvalidRequest

_DRIVERS = ("asyncpg", "aiomysql", "pymysql")
_BAD_VALUE = ("error binding parameter", "invalid input for query argument", "invalid byte sequence", "unsupported unicode escape")
_BAD_VALUE_NUMBERS = frozenset({1048, 1264, 1292, 1364, 1366, 1406})
"""MySQL's: null, out of range, no such date, no value and no default, no such character, too long."""
_MISSING_SCHEMA = (
    "no such table",
    "undefinedtable",
    "no such column",
    "has no column",
    "undefinedcolumn",
    "does not exist",
    "doesn't exist",
    "unknown column",
)
_CHAIN = 8
_FULL = ("disk is full", "no space left", "diskfull", "table is full")
_ONLY_READ = ("readonly database", "read-only transaction", "read only transaction")


class LostConnection(DatabaseUnavailable):
    """The connection broke while it was used; the same work may be tried again on a new one."""


@contextmanager
def told(place: str) -> Iterator[None]:
    """Turn errors of SQLAlchemy and the drivers inside the block into ours. `place` names the database, without secrets."""
    try:
        yield
    except Exception as error:
        own = explain(error, place)
        if own is error:
            raise
        raise own from error


def explain(error: Exception, place: str) -> Exception:
    """The project's error for a library's error; what is none of the database's business comes back as it is."""
    if isinstance(error, FlowisectlError):
        return error
    if isinstance(error, sa_errors.IntegrityError):
        return InvalidRequest(f"SQLITE_CONSTRAINT: {error.orig}" if "sqlite" in str(type(error.orig)) else _reason(error))
    if isinstance(error, TypeError) and "can not be used as parameter" in str(error):
        return InvalidRequest(f"a value cannot be stored: {error}")
    if (refused := _tls_refusal(error)) is not None:
        advice = "DATABASE_SSL_KEY_BASE64 takes its authority, DATABASE_SSL alone asks those of this system"
        return DatabaseUnavailable(f"{place}: no encrypted connection, its certificate is refused ({_reason(refused)}): {advice}")
    if isinstance(error, sa_errors.DBAPIError):
        if error.connection_invalidated:
            return LostConnection(f"{place} broke the connection ({_reason(error)}): check that it runs; the work can be tried again")
        if isinstance(error, sa_errors.DataError) or _is_bad_value(error):
            return InvalidRequest(f"a value cannot be stored: {_reason(error)[:200]}")
        return _unavailable(error, place)
    if isinstance(error, sa_errors.StatementError):
        return InvalidRequest(f"a value cannot be stored: {_reason(error)}")
    if isinstance(error, (UnicodeError, OverflowError)):
        return InvalidRequest("a value cannot be stored: it is no valid Unicode text, or too large a number")
    if isinstance(error, sa_errors.TimeoutError):
        return DatabaseUnavailable(f"{place}: no free connection in time: too many requests at once, or the database hangs")
    if isinstance(error, OSError) or type(error).__module__.split(".")[0] in _DRIVERS:
        return DatabaseUnavailable(f"{place} cannot be reached ({_reason(error)}): check the DATABASE_* settings and that it runs")
    return error


def _tls_refusal(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """The refusal of a certificate that a driver's error comes from."""
    seen: BaseException | None = error
    for _ in range(_CHAIN):
        if seen is None or isinstance(seen, ssl.SSLCertVerificationError):
            return seen
        seen = getattr(seen, "orig", None) or seen.__cause__ or seen.__context__
    return None


def _is_bad_value(error: sa_errors.DBAPIError) -> bool:
    arguments = getattr(error.orig, "args", ())
    return any(sign in _reason(error).lower() for sign in _BAD_VALUE) or bool(arguments and arguments[0] in _BAD_VALUE_NUMBERS)


def _unavailable(error: sa_errors.DBAPIError, place: str) -> Exception:
    reason = _reason(error)
    spelled = f"{type(error.orig).__name__} {reason}".lower()
    if any(sign in spelled for sign in _MISSING_SCHEMA):
        return DatabaseUnavailable(f"{place} lacks a table or column ({reason}): run `flowisectl database migrate`")
    if any(sign in spelled for sign in _ONLY_READ):
        return DatabaseUnavailable(f"{place} can only be read here ({reason}): nothing was stored")
    if "locked" in spelled or "busy" in spelled:
        return DatabaseUnavailable(f"{place} is locked by another process ({reason}): end whatever holds it, then try again")
    if any(sign in spelled for sign in _FULL):
        return DatabaseUnavailable(f"{place} has no room left ({reason}): free some on its disk")
    return DatabaseUnavailable(f"{place} cannot be used ({reason}): check the DATABASE_* settings and that the database runs")


def _reason(error: BaseException) -> str:
    """The driver's own words in one line; SQLAlchemy's text would carry the statement and its values."""
    origin = getattr(error, "orig", None) or error
    if isinstance(origin, OSError) and origin.errno and not isinstance(origin, ssl.SSLError):  # whose numbers are its own
        # asyncio writes the address into the text, which is told already.
        return (os.strerror(origin.errno) if origin.errno > 0 else origin.strerror or str(origin)).lower()
    text = " ".join(str(origin).split())
    _, mark, rest = text.partition(">: ")  # asyncpg's errors come as "<class 'asyncpg…'>: text"
    return (rest if mark else text) or type(origin).__name__
