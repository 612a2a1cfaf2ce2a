"""How a model of Amazon Bedrock is named in a request: by itself, by its ARN, or by an inference profile of a part of the world.

Newer models cannot be asked by their own names; a profile's name is the model's with a prefix in front
(https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html).
"""

from __future__ import annotations

import re

_PREFIX = re.compile(r"(?:us|eu|apac|jp|au|ca|us-gov|global)\.(?=[a-z0-9-]+\.)")
_PROFILE_ONLY = re.compile(
    r"anthropic\.claude-(?:3-7|(?:opus|sonnet|haiku)-\d)"
    r"|amazon\.nova-(?!sonic|canvas|reel)"
    r"|meta\.llama(?:3-[1-9]|[4-9])"
    r"|deepseek\.r1|mistral\.pixtral-large|writer\.palmyra-x"
)
_FOUR_FIVE = re.compile(r"anthropic\.claude-(?:opus|sonnet|haiku)-(?:4-[5-9]|[5-9])")
"""From Claude 4.5 on there are profiles of Japan and of Australia, and none of all of Asia."""
_OWN_COUNTRY = {"ap-northeast-1": "jp", "ap-northeast-3": "jp", "ap-southeast-2": "au", "ap-southeast-4": "au"}


def model_id(name: str, region: str, *, is_global: bool = False) -> str:
    """The identifier to ask with. ARNs and names with a prefix stay as they are; `is_global` asks for the profile of the whole world."""
    if name.startswith("arn:"):
        return name
    bare = _PREFIX.sub("", name, count=1)
    if is_global:
        return f"global.{bare}"
    if bare != name or not _PROFILE_ONLY.match(name):
        return name
    return f"{_part_of_the_world(region, name)}.{name}"


def _part_of_the_world(region: str, name: str) -> str:
    if region.startswith("us-gov-"):
        return "us-gov"
    first = region.partition("-")[0]
    if first in ("us", "ca"):
        return "us"
    if first == "eu":
        return "eu"
    if first == "ap":
        return _OWN_COUNTRY.get(region, "global") if _FOUR_FIVE.match(name) else "apac"
    return "global"
