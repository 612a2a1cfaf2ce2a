"""Knowledge bases of Amazon Bedrock (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Retrieve.html)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from flowisectl.clients.aws_services import AwsEndpoint, service_url
from flowisectl.clients.aws_signing import AwsKeys, aws_quote
from flowisectl.clients.endpoint import Patience
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient

_PLACES = {
    "S3": ("s3Location", "uri"),
    "WEB": ("webLocation", "url"),
    "CONFLUENCE": ("confluenceLocation", "url"),
    "SALESFORCE": ("salesforceLocation", "url"),
    "SHAREPOINT": ("sharePointLocation", "url"),
    "CUSTOM": ("customDocumentLocation", "id"),
    "KENDRA": ("kendraDocumentLocation", "uri"),
    "SQL": ("sqlLocation", "query"),
}


class KnowledgeBase:
    """Implements `interfaces.retriever.Retriever`: `count` chunks, best first, with `source` and `score` in their metadata."""

    def __init__(
        self,
        http: HttpClient,
        keys: AwsKeys,
        *,
        region: str,
        base_url: str = "",
        knowledge_base_id: str,
        count: int,
        search_type: str = "",
        conditions: Mapping[str, Any] | None = None,
        provider: str = "awsBedrockKBRetriever",
        **patience: Unpack[Patience],
    ) -> None:
        self.count = count
        self._endpoint = AwsEndpoint(http, keys, provider=provider, service="bedrock", region=region, **patience)
        base = (base_url or service_url("bedrock-agent-runtime", region)).rstrip("/")
        self._url = f"{base}/knowledgebases/{aws_quote(knowledge_base_id)}/retrieve"
        search: dict[str, Any] = {"numberOfResults": count}
        if search_type:
            search["overrideSearchType"] = search_type
        if conditions:
            search["filter"] = dict(conditions)
        self._configuration = {"vectorSearchConfiguration": search}

    async def retrieve(self, question: str) -> list[Document]:
        """Raises ProviderError."""
        answer = await self._endpoint.post(self._url, {"retrievalQuery": {"text": question}, "retrievalConfiguration": self._configuration})
        try:
            return [_document(row) for row in answer["retrievalResults"]]
        except (KeyError, TypeError, AttributeError) as error:
            raise self._endpoint.error(f"{self._endpoint.provider} gave an answer without results") from error


def _document(row: Mapping[str, Any]) -> Document:
    location = row.get("location") or {}
    place, member = _PLACES.get(str(location.get("type")), ("s3Location", "uri"))
    metadata = {"source": (location.get(place) or {}).get(member), "score": row.get("score"), **(row.get("metadata") or {})}
    return Document(page_content=str(row["content"].get("text") or ""), metadata=metadata)
