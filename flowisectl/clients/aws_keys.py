"""Whose keys a request to AWS is signed with: those of a credential, else those of the environment; in a role when one is named."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

from flowisectl.clients.aws_services import AwsService, check_region
from flowisectl.clients.aws_signing import AwsKeys
from flowisectl.clients.kept_tokens import kept_token
from flowisectl.errors import MissingInput
from flowisectl.interfaces.http import HttpClient

_SESSION = "flowisectl"
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")


async def credential_keys(http: HttpClient, secret: Callable[[str], str], *, region: str, owner: str) -> AwsKeys:
    """The keys that a credential of type `awsApi` means. `secret` reads its fields; `owner` begins messages.

    Raises MissingInput, ProviderError when the role is refused.
    """
    check_region(region, owner)
    keys = static_keys(secret("awsKey"), secret("awsSecret"), secret("awsSession"), owner=owner)
    role, external_id = secret("roleArn").strip(), secret("externalId").strip()
    if not role:
        return keys
    if not _ROLE.fullmatch(role):
        raise MissingInput(f"{owner}: {role!r} is no ARN of a role, such as arn:aws:iam::123456789012:role/name")

    async def assume() -> tuple[AwsKeys, float]:
        return await _assumed(http, keys, role, external_id, region)

    return await kept_token(http, (keys.access_key, keys.secret_key, keys.session_token, role, external_id, region), assume)


def static_keys(access_key: str, secret_key: str, session_token: str = "", *, owner: str) -> AwsKeys:
    """The given keys, or those of the process's environment (`AWS_ACCESS_KEY_ID` …) when none are given. Raises MissingInput."""
    access_key, secret_key, session_token = access_key.strip(), secret_key.strip(), session_token.strip()
    if not access_key and not secret_key:
        access_key, secret_key, session_token = (
            os.environ.get(name, "").strip() for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        )
    if not access_key or not secret_key:
        raise MissingInput(
            f"{owner} has no AWS keys: choose a credential with an access key and its secret, or set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY for the workers"
        )
    return AwsKeys(access_key=access_key, secret_key=secret_key, session_token=session_token)


async def _assumed(http: HttpClient, keys: AwsKeys, role: str, external_id: str, region: str) -> tuple[AwsKeys, float]:
    """Temporary keys of a role (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html) and their seconds."""
    service = AwsService(http, keys, provider="AWS STS", service="sts", region=region)
    form = {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": role, "RoleSessionName": _SESSION}
    answer = await service.form({**form, **({"ExternalId": external_id} if external_id else {})})
    found = {name: answer.findtext(f".//{{*}}{name}") or "" for name in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")}
    if not all(found.values()):
        raise service.error("AWS STS gave no keys for the role")
    ends = datetime.fromisoformat(found["Expiration"].replace("Z", "+00:00")).astimezone(UTC)
    taken = AwsKeys(access_key=found["AccessKeyId"], secret_key=found["SecretAccessKey"], session_token=found["SessionToken"])
    return taken, ends.timestamp() - time.time()
