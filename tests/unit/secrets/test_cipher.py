from __future__ import annotations

import base64
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.secrets.cipher import CannotDecrypt, decrypt, encrypt, key_and_iv

PASSPHRASE = "myencryptionkey"
SALT = bytes.fromhex("0102030405060708")
PLAIN = '{"openAIApiKey":"sk-test"}'
CIPHERTEXT = "U2FsdGVkX18BAgMEBQYHCLocHkABj8iuPYjwEYa/fEeDfl2nizZv8zIELTi8jRd1"


def test_documented_vector_holds_both_ways() -> None:
    key, iv = key_and_iv(PASSPHRASE, SALT)

    assert key.hex() == "4ffff6a2cb16f571b6314aed9a7a656a46864de716d61d98d6916a3257471920"
    assert iv.hex() == "e054a247163e00d4b1e96a20b96131ff"
    assert encrypt(PLAIN, PASSPHRASE, salt=SALT) == CIPHERTEXT
    assert decrypt(CIPHERTEXT, PASSPHRASE) == PLAIN


@given(plain=st.text(), passphrase=st.text(min_size=1))
def test_any_text_comes_back(plain: str, passphrase: str) -> None:
    plain = plain.encode("utf8", "ignore").decode()
    passphrase = passphrase.encode("utf8", "ignore").decode()

    assert decrypt(encrypt(plain, passphrase), passphrase) == plain


def test_equal_texts_are_stored_differently() -> None:
    assert encrypt(PLAIN, PASSPHRASE) != encrypt(PLAIN, PASSPHRASE)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command here")
def test_openssl_reads_what_is_written() -> None:
    command = ["openssl", "enc", "-d", "-aes-256-cbc", "-md", "md5", "-base64", "-A", "-pass", f"pass:{PASSPHRASE}"]

    answer = subprocess.run(command, input=encrypt("gruß 🎈", PASSPHRASE).encode(), capture_output=True, check=True, timeout=30)

    assert answer.stdout.decode() == "gruß 🎈"


@pytest.mark.parametrize(
    "text",
    ["", "not base64!", "aGVsbG8=", base64.b64encode(b"Salted__12345678").decode(), base64.b64encode(b"Salted__12345678odd").decode()],
)
def test_what_is_not_in_the_format_cannot_be_decrypted(text: str) -> None:
    with pytest.raises(CannotDecrypt):
        decrypt(text, PASSPHRASE)


def test_another_key_does_not_open_it_and_the_error_tells_nothing() -> None:
    for number in range(50):
        try:
            opened = decrypt(CIPHERTEXT, f"wrong{number}")
        except CannotDecrypt as error:
            assert PLAIN not in str(error) and "wrong" not in str(error) and error.__cause__ is None
        else:
            # One of about 256 wrong keys leaves padding that happens to be valid: the text is then no JSON.
            assert opened != PLAIN
