"""Passwords of accounts: the rule for new ones, bcrypt hashes, checks off the event loop.

bcrypt is imported at the first login: half a megabyte that a server of predictions does not need.
"""

from __future__ import annotations

import asyncio
import re

SHORTEST, LONGEST = 8, 128
DEFAULT_ROUNDS = 10
RULE = f"{SHORTEST} to {LONGEST} characters with a lower-case letter, an upper-case letter, a digit and a special character"

_ENOUGH = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"[0-9]"), re.compile(r"[^A-Za-z0-9]"))
_BCRYPT_BYTES = 72
_ROUNDS = re.compile(r"^\$2[aby]\$(\d\d)\$")


def is_strong(password: str) -> bool:
    """Whether a new password follows the rule."""
    return SHORTEST <= len(password) <= LONGEST and all(pattern.search(password) for pattern in _ENOUGH)


async def hash_password(password: str, rounds: int = DEFAULT_ROUNDS) -> str:
    """The bcrypt hash (`$2b$`). bcrypt sees the first 72 bytes only, as the existing hashes were made."""
    import bcrypt

    return (await asyncio.to_thread(bcrypt.hashpw, _seen(password), bcrypt.gensalt(rounds))).decode("ascii")


async def check_password(password: str, hashed: str | None) -> bool:
    """Whether the hash is this password's, in constant time; False for a missing or broken hash."""
    if not hashed:
        return False
    import bcrypt

    try:
        return await asyncio.to_thread(bcrypt.checkpw, _seen(password), hashed.encode())
    except ValueError:
        return False


def needs_new_hash(hashed: str, rounds: int = DEFAULT_ROUNDS) -> bool:
    """Whether a hash was made with fewer rounds than are wanted now; it is renewed at the next login."""
    found = _ROUNDS.match(hashed)
    return found is not None and int(found[1]) < rounds


def _seen(password: str) -> bytes:
    return password.encode("utf8", "surrogatepass")[:_BCRYPT_BYTES]
