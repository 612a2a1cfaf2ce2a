"""AES-256-CBC with PKCS#7 padding. The library behind it is large: it is loaded when something is first encrypted."""

from __future__ import annotations

BLOCK_BYTES = 16


def encrypt_cbc(plain: bytes, key: bytes, iv: bytes) -> bytes:
    """The ciphertext. The key has 32 bytes, the IV 16."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    padder = PKCS7(BLOCK_BYTES * 8).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def decrypt_cbc(body: bytes, key: bytes, iv: bytes) -> bytes:
    """The plain bytes. Raises ValueError for broken padding, length or IV."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(BLOCK_BYTES * 8).unpadder()
    return unpadder.update(decryptor.update(body) + decryptor.finalize()) + unpadder.finalize()
