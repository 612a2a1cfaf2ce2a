from __future__ import annotations

import bcrypt
import pytest

from flowisectl.secrets.passwords import check_password, hash_password, is_strong, needs_new_hash


@pytest.mark.parametrize("password", ["Abcdef1!", "Aa1 " + "x" * 124, "ÄöAb1234"])
def test_strong_passwords_follow_the_rule(password: str) -> None:
    assert is_strong(password)


@pytest.mark.parametrize("password", ["", "Abcde1!", "abcdefg1!", "ABCDEFG1!", "Abcdefgh!", "Abcdefgh1", "Aa1!" + "x" * 125])
def test_weak_passwords_do_not(password: str) -> None:
    assert not is_strong(password)


async def test_hash_is_bcrypt_and_opens_for_its_password_only() -> None:
    hashed = await hash_password("Abcdef1!", rounds=4)

    assert hashed.startswith("$2b$04$")
    assert await check_password("Abcdef1!", hashed)
    assert not await check_password("Abcdef1?", hashed)


async def test_only_the_first_72_bytes_count() -> None:
    long = "é" * 40

    hashed = await hash_password(long, rounds=4)

    assert await check_password("é" * 36 + "anything", hashed)
    assert not await check_password("é" * 35 + "ab", hashed)


async def test_hashes_of_the_other_spelling_work() -> None:
    hashed = bcrypt.hashpw(b"Abcdef1!", bcrypt.gensalt(4)).decode().replace("$2b$", "$2a$")

    assert await check_password("Abcdef1!", hashed)


@pytest.mark.parametrize("hashed", [None, "", "plain", "$2b$10$short"])
async def test_missing_or_broken_hash_opens_for_nobody(hashed: str | None) -> None:
    assert not await check_password("", hashed)


def test_fewer_rounds_ask_for_a_new_hash() -> None:
    assert needs_new_hash("$2a$05$" + "x" * 53, rounds=10)
    assert not needs_new_hash("$2b$10$" + "x" * 53, rounds=10)
    assert not needs_new_hash("unknown", rounds=10)
