"""Encrypts and decrypts text in the format of the existing data: OpenSSL's salted format with a passphrase.

Format: base64 of `Salted__`, 8 bytes of salt and the ciphertext of AES-256-CBC with PKCS#7 padding; key and IV come from the
passphrase and the salt by EVP_BytesToKey with MD5 and one round. `openssl enc -aes-256-cbc -md md5 -base64 -A` speaks it too.
The format has no authentication tag, so a wrong passphrase shows only as broken padding or text.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os

from flowisectl.secrets.aes import BLOCK_BYTES, decrypt_cbc, encrypt_cbc

_MARK = b"Salted__"
_SALT_BYTES = 8
_KEY_BYTES = 32


class CannotDecrypt(ValueError):
    """The text is not in the format, or the passphrase is another one."""


def encrypt(plain: str, passphrase: str, *, salt: bytes | None = None) -> str:
    """The ciphertext as base64 text. The salt (8 bytes) is random unless it is given."""
    salt = os.urandom(_SALT_BYTES) if salt is None else salt
    return base64.b64encode(_MARK + salt + encrypt_cbc(plain.encode(), *key_and_iv(passphrase, salt))).decode("ascii")


def decrypt(text: str, passphrase: str) -> str:
    """The plain text. Raises CannotDecrypt; the message holds nothing of either text."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CannotDecrypt("the stored value is not base64") from error
    salt, body = data[len(_MARK) : len(_MARK) + _SALT_BYTES], data[len(_MARK) + _SALT_BYTES :]
    if not data.startswith(_MARK) or not body or len(body) % BLOCK_BYTES:
        raise CannotDecrypt("the stored value is not in OpenSSL's salted format")
    try:
        return decrypt_cbc(body, *key_and_iv(passphrase, salt)).decode()
    except ValueError:
        raise CannotDecrypt("the encryption key is not the one that the value was stored with") from None


def key_and_iv(passphrase: str, salt: bytes) -> tuple[bytes, bytes]:
    """EVP_BytesToKey with MD5 and one round: a key of 32 bytes and an IV of 16."""
    secret, block, derived = passphrase.encode(), b"", b""
    while len(derived) < _KEY_BYTES + BLOCK_BYTES:
        block = hashlib.md5(block + secret + salt, usedforsecurity=False).digest()
        derived += block
    return derived[:_KEY_BYTES], derived[_KEY_BYTES : _KEY_BYTES + BLOCK_BYTES]
