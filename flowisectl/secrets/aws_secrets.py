"""Secrets in AWS Secrets Manager: read by name, made by exactly one process. Needs the extra `aws`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from config.settings import SecretSettings
from flowisectl.errors import InvalidSetting, Unavailable

EXTRA = "aws"
CREDENTIAL_PREFIX = "FlowiseCredential_"
"""A stored credential that begins so is the name of a secret, whose text is the credential's JSON."""
_PASSING = {"InternalServiceError", "ThrottlingException", "RequestTimeout", "ServiceUnavailable", "InternalFailure"}


class SecretsUnavailable(Unavailable):
    """AWS Secrets Manager cannot be reached."""


class AwsSecrets:
    """One region's secrets. Calls block: use `named` where others wait."""

    def __init__(self, client: Any, region: str) -> None:
        self._client = client
        self._region = region

    def read(self, name: str) -> str | None:
        """The secret's text as it is; None when there is no such secret. Raises InvalidSetting, SecretsUnavailable."""
        with self._failures(name, "secretsmanager:GetSecretValue"):
            try:
                found = self._client.get_secret_value(SecretId=name)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        text = found.get("SecretString")
        if not text:
            raise _refused(name, self._region, "it holds no text: store the secret as plain text")
        return str(text)

    def read_or_make(self, name: str, fresh: str) -> str:
        """The text, or `fresh` after storing it. Of processes that start together one makes it and all read the same."""
        found = self.read(name)
        if found is not None:
            return found
        with self._failures(name, "secretsmanager:CreateSecret"):
            try:
                self._client.create_secret(Name=name, SecretString=fresh)
                return fresh
            except self._client.exceptions.ResourceExistsException:
                pass
        return self.read(name) or fresh

    async def named(self, name: str) -> str | None:
        """`read` in a thread."""
        return await asyncio.to_thread(self.read, name)

    @contextmanager
    def _failures(self, name: str, right: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError  # type: ignore[import-untyped]

        try:
            yield
        except (NoCredentialsError, PartialCredentialsError) as error:
            allowed = "no AWS credentials were found: set it with SECRETKEY_AWS_SECRET_KEY, or give the process a role"
            raise InvalidSetting("SECRETKEY_AWS_ACCESS_KEY", "", allowed) from error
        except ClientError as error:
            # Only the code: the text may quote what was signed.
            code = str(error.response.get("Error", {}).get("Code") or "unknown")
            if code in _PASSING:
                raise self._unavailable(code) from error
            raise _refused(name, self._region, f"AWS refuses ({code}): the process needs the right {right} for it") from error
        except (BotoCoreError, OSError) as error:
            raise self._unavailable(type(error).__name__) from error

    def _unavailable(self, cause: str) -> SecretsUnavailable:
        return SecretsUnavailable(
            f"AWS Secrets Manager in {self._region} does not answer ({cause}): check the network and SECRETKEY_AWS_REGION, and try again"
        )


def aws_secrets(settings: SecretSettings) -> AwsSecrets:
    """With the static keys only when both are given, else what AWS's own chain finds. Raises InvalidSetting without the extra."""
    return _opened(settings.aws_region, settings.aws_access_key, settings.aws_secret_key)


def named_secrets(settings: SecretSettings) -> Callable[[str], Awaitable[str | None]] | None:
    """What reads credentials that are kept in AWS; None when secrets are kept elsewhere."""
    return aws_secrets(settings).named if settings.storage_type == "aws" else None


@lru_cache(maxsize=4)
def _opened(region: str, access_key: str, secret_key: str) -> AwsSecrets:
    try:
        import botocore.session  # type: ignore[import-untyped]
        from botocore.config import Config  # type: ignore[import-untyped]
    except ImportError as error:
        raise InvalidSetting("SECRETKEY_STORAGE_TYPE", "aws", f"it needs a library: pip install 'flowisectl[{EXTRA}]'") from error
    keys = {"aws_access_key_id": access_key, "aws_secret_access_key": secret_key} if access_key and secret_key else {}
    config = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 3, "mode": "standard"})
    try:
        client = botocore.session.get_session().create_client("secretsmanager", region_name=region, config=config, **keys)
    except ValueError as error:
        raise InvalidSetting("SECRETKEY_AWS_REGION", region, "the name of a region, such as us-east-1") from error
    return AwsSecrets(client, region)


def _refused(name: str, region: str, allowed: str) -> InvalidSetting:
    return InvalidSetting("SECRETKEY_STORAGE_TYPE", "aws", f"secret {name} in {region}: {allowed}")
