"""The encryption key of stored credentials: found where Flowise keeps it, made when that is allowed."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from config.settings import SecretSettings
from flowisectl.errors import InvalidSetting
from flowisectl.secrets.key_files import read_or_make_secret, read_secret

FILE_NAME = "encryption.key"


def encryption_key(settings: SecretSettings, *, create: bool) -> str:
    """The passphrase, verbatim. Order: FLOWISE_SECRETKEY_OVERWRITE, then `encryption.key` in SECRETKEY_PATH.

    With `create` (the server) a missing file is made: base64 of 24 random bytes, no line end. Without it (workers) a missing
    file raises InvalidSetting, since a second key would make every stored credential useless.
    """
    if settings.overwrite:
        return settings.overwrite
    require_files(settings)
    file = key_file(settings)
    if create:
        return read_or_make_secret(file, base64.b64encode(os.urandom(24)).decode("ascii"))
    found = read_secret(file)
    if found is None:
        allowed = f"a folder with {FILE_NAME}: give this process the server's folder, or FLOWISE_SECRETKEY_OVERWRITE"
        raise InvalidSetting("SECRETKEY_PATH", str(file.parent), allowed)
    return found


def require_files(settings: SecretSettings) -> None:
    """Raises InvalidSetting when secrets shall be kept elsewhere than in files: a key made here would be a second one."""
    if settings.storage_type != "local":
        raise InvalidSetting("SECRETKEY_STORAGE_TYPE", settings.storage_type, "this version keeps secrets in files (`local`)")


def key_file(settings: SecretSettings) -> Path:
    return settings.path.expanduser() / FILE_NAME


def fingerprint(key: str) -> str:
    """Sixteen characters that are equal for equal keys and tell nothing else, to compare the keys of two processes."""
    return hashlib.sha256(b"flowisectl encryption key\x00" + key.encode()).hexdigest()[:16]
