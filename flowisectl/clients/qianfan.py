"""Baidu's Qianfan: its models speak OpenAI's API, its keys have to be changed into a token first.

See https://ai.baidu.com/ai-doc/WENXINWORKSHOP/Um2wxbaps (token) and https://cloud.baidu.com/doc/qianfan-api/s/Fm7u3ropn (vectors).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from flowisectl.clients.kept_tokens import kept_token
from flowisectl.clients.openai_embeddings import OpenAICompatibleEmbeddings
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, Reach

BASE_URL = "https://qianfan.baidubce.com/v2"
IAM_HOST = "iam.bj.baidubce.com"
MOST_TEXTS = 16
_PATH = "/v1/BCE-BEARER/token"
_TOKEN_SECONDS = 86_400
_SIGNED_SECONDS = 1800
_PROVIDER = "Baidu"


async def qianfan_token(http: HttpClient, access_key: str, secret_key: str) -> str:
    """A token for a day, kept. Raises ProviderError, without anything of the keys."""

    async def fetch() -> tuple[str, float]:
        return await _asked(http, access_key, secret_key)

    return await kept_token(http, ("qianfan", access_key, secret_key), fetch)


def authorization(access_key: str, secret_key: str, *, query: str, now: datetime) -> str:
    """The signature of a request for a token."""
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    head = f"bce-auth-v1/{access_key}/{moment}/{_SIGNED_SECONDS}"
    canonical = f"GET\n{_PATH}\n{query}\nhost:{IAM_HOST}"
    return f"{head}/host/{_mac(_mac(secret_key, head), canonical)}"


class QianfanEmbeddings(OpenAICompatibleEmbeddings):
    """Texts come in a list always, a single question too."""

    async def embed_query(self, text: str) -> list[float]:
        return (await self.embed([text]))[0]


async def _asked(http: HttpClient, access_key: str, secret_key: str) -> tuple[str, float]:
    query = f"expireInSeconds={_TOKEN_SECONDS}"
    signed = authorization(access_key, secret_key, query=query, now=datetime.now(UTC))
    call = HttpCall(
        method="GET",
        url=f"https://{IAM_HOST}{_PATH}?{query}",
        headers={"authorization": signed, "accept": "application/json"},
        reach=Reach.ENDPOINT,
        timeout_seconds=30.0,
        follow_redirects=False,
        is_exact=True,
    )
    try:
        response = await http.request(call)
        answer = orjson.loads(response.body)
    except (HttpFailed, HttpDenied) as error:
        raise ProviderError(f"{_PROVIDER} gave no access token: {error}", provider=_PROVIDER) from error
    except ValueError:
        answer = None
    token = answer.get("token") if isinstance(answer, Mapping) and response.status == 200 else None
    if not token:
        # Only the error's code: the answer may repeat what was sent.
        code = answer.get("code") if isinstance(answer, Mapping) else None
        why = code if isinstance(code, str) and len(code) < 60 else "no reason told"
        raise ProviderError(f"{_PROVIDER} gave no access token: {response.status} {why}", provider=_PROVIDER, status=response.status)
    return str(token), _TOKEN_SECONDS


def _mac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
