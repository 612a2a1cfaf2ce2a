"""The encryption key of stored credentials: found where Flowise keeps it, made when that is allowed."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from config.settings import SecretSettings
from flowisectl.errors import InvalidSetting
from flowisectl.secrets.aws_secrets import aws_secrets
from flowisectl.secrets.key_files import read_or_make_secret, read_secret

FILE_NAME = "encryption.key"


class KeyMissing(InvalidSetting):
    """There is no key where it should be. Every other InvalidSetting means that nobody can tell."""


def encryption_key(settings: SecretSettings, *, create: bool) -> str:
    """The passphrase, verbatim. Order: FLOWISE_SECRETKEY_OVERWRITE, then the secret SECRETKEY_AWS_NAME when they are kept in AWS,
    else `encryption.key` in SECRETKEY_PATH.

    With `create` (the server) a missing one is made: base64 of 24 random bytes, no line end. Without it (workers) a missing
    one raises KeyMissing, since a second key would make every stored credential useless. This may wait for AWS: call it from a
    thread where others wait. Raises InvalidSetting, Unavailable.
    """
    if settings.overwrite:
        return settings.overwrite
    fresh = base64.b64encode(os.urandom(24)).decode("ascii")
    if settings.storage_type == "aws":
        secrets = aws_secrets(settings)
        found = secrets.read_or_make(settings.aws_name, fresh) if create else secrets.read(settings.aws_name)
        if found is None:
            allowed = f"the name of a secret in {settings.aws_region}: start the server first, or create it with the key as its text"
            raise KeyMissing("SECRETKEY_AWS_NAME", settings.aws_name, allowed)
        return found
    file = key_file(settings)
    found = read_or_make_secret(file, fresh) if create else read_secret(file)
    if found is None:
        allowed = f"a folder with {FILE_NAME}: give this process the server's folder, or FLOWISE_SECRETKEY_OVERWRITE"
        raise KeyMissing("SECRETKEY_PATH", str(file.parent), allowed)
    return found


def key_source(settings: SecretSettings) -> str:
    """Where the key comes from, for people."""
    if settings.overwrite:
        return "FLOWISE_SECRETKEY_OVERWRITE"
    if settings.storage_type == "aws":
        return f"AWS secret {settings.aws_name} in {settings.aws_region}"
    return str(key_file(settings))


def key_file(settings: SecretSettings) -> Path:
    return settings.path.expanduser() / FILE_NAME


def fingerprint(key: str) -> str:
    """Sixteen characters that are equal for equal keys and tell nothing else, to compare the keys of two processes."""
    return hashlib.sha256(b"flowisectl encryption key\x00" + key.encode()).hexdigest()[:16]
