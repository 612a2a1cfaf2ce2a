"""An index of Amazon Kendra, which reads and ranks texts itself (https://docs.aws.amazon.com/kendra/latest/APIReference/Welcome.html)."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from flowisectl.clients.answer_shapes import member, objects_of, text_of
from flowisectl.clients.aws_services import AwsEndpoint, service_url
from flowisectl.clients.aws_signing import AwsKeys
from flowisectl.clients.endpoint import Patience
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import CHAT_KEY

_AT_ONCE = 10
"""Documents of one request; the service takes no more."""
_MOST_RESULTS = 100
_SURENESS = {"VERY_HIGH": 1.0, "HIGH": 0.75, "MEDIUM": 0.5, "LOW": 0.25}
"""The service tells how sure it is in words."""


class KendraStore:
    """Implements `interfaces.vector_store.VectorStore` and `ErasableStore`.

    Metadata is kept in the fields that the index has, each by its name; `source` also as `_source_uri` when it is a web address.
    `conditions` is an attribute filter of the service. With a `chat_id` only documents of that chat are found.
    """

    records_name = ""

    def __init__(
        self,
        http: HttpClient,
        keys: AwsKeys,
        *,
        region: str,
        index_id: str,
        count: int,
        conditions: Mapping[str, Any] | None = None,
        chat_id: str = "",
        **patience: Unpack[Patience],
    ) -> None:
        self.count = count
        self._http = http
        self._keys = keys
        self._region = region
        self._index_id = index_id
        self._url = service_url("kendra", region).rstrip("/") + "/"
        self._conditions = dict(conditions or {})
        self._chat_id = chat_id
        self._patience = patience

    async def add(self, documents: Sequence[Document]) -> None:
        """Raises ProviderError."""
        kept = [document for document in documents if document.page_content]
        if not kept:
            return
        fields = await self._fields()
        if CHAT_KEY not in fields and any(CHAT_KEY in document.metadata for document in kept):
            raise self._endpoint("").error(f"kendra: the index has no field {CHAT_KEY!r} to tell chats apart: add it, of type String")
        for start in range(0, len(kept), _AT_ONCE):
            lot = [_kept(document, fields) for document in kept[start : start + _AT_ONCE]]
            self._check(await self._ask("BatchPutDocument", {"Documents": lot}), "FailedDocuments")

    async def search(self, question: str, count: int, conditions: Mapping[str, Any] | None = None) -> list[tuple[Document, float]]:
        """Raises ProviderError."""
        if count <= 0:
            return []
        body: dict[str, Any] = {"QueryText": question, "PageSize": min(count, _MOST_RESULTS)}
        if attribute_filter := self._filter(conditions or {}):
            body["AttributeFilter"] = attribute_filter
        answer = await self._ask("Retrieve", body)
        return [_found(item) for item in objects_of(member(answer, "ResultItems"))][:count]

    async def delete(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), _AT_ONCE):
            answer = await self._ask("BatchDeleteDocument", {"DocumentIdList": [*ids[start : start + _AT_ONCE]]})
            self._check(answer, "FailedDocuments")

    async def _fields(self) -> dict[str, str]:
        """The type of each field of the index. One asks the service for an index by another name than for its documents."""
        answer = await self._ask("DescribeIndex", {}, index_member="Id")
        return {
            text_of(item.get("Name")): text_of(item.get("Type")) for item in objects_of(member(answer, "DocumentMetadataConfigurations"))
        }

    def _filter(self, conditions: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {**conditions, **({CHAT_KEY: self._chat_id} if self._chat_id else {})}
        parts = [self._conditions] if self._conditions else []
        parts += [{"EqualsTo": {"Key": name, "Value": _value(value)}} for name, value in wanted.items()]
        return parts[0] if len(parts) == 1 else {"AndAllFilters": parts} if parts else {}

    async def _ask(self, operation: str, body: Mapping[str, Any], index_member: str = "IndexId") -> Any:
        return await self._endpoint(operation).post(self._url, {index_member: self._index_id, **body})

    def _endpoint(self, operation: str) -> AwsEndpoint:
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"AWSKendraFrontendService.{operation}"}
        return AwsEndpoint(
            self._http, self._keys, provider="kendra", service="kendra", region=self._region, headers=headers, **self._patience
        )

    def _check(self, answer: Any, failed: str) -> None:
        for item in objects_of(member(answer, failed)):
            told = f"{text_of(item.get('ErrorCode'))} {text_of(item.get('ErrorMessage'))}"
            raise self._endpoint("").error(f"kendra refused the document {item.get('Id')}: {told}")


def _kept(document: Document, fields: Mapping[str, str]) -> dict[str, Any]:
    source = document.metadata.get("source")
    known = {**({"_source_uri": source} if isinstance(source, str) and source.startswith("http") else {}), **document.metadata}
    attributes = [
        {"Key": name, "Value": value} for name, given in known.items() if (value := _typed(given, fields.get(name, ""))) is not None
    ]
    kept: dict[str, Any] = {
        "Id": document.id or str(uuid.uuid4()),
        "Blob": base64.b64encode(document.page_content.encode()).decode(),
        "ContentType": "PLAIN_TEXT",
        "Attributes": attributes,
    }
    title = document.metadata.get("title")
    return {**kept, "Title": title} if isinstance(title, str) and title else kept


def _typed(value: Any, kind: str) -> dict[str, Any] | None:
    """A value for a field of the index; None where it does not fit, or where there is no such field."""
    if kind == "STRING_VALUE" and isinstance(value, (str, int, float)) and str(value):
        return {"StringValue": str(value)}
    if kind == "LONG_VALUE" and isinstance(value, int) and not isinstance(value, bool):
        return {"LongValue": value}
    if kind == "STRING_LIST_VALUE" and isinstance(value, list) and value:
        return {"StringListValue": [str(item) for item in value]}
    return None


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"LongValue": value}
    if isinstance(value, list):
        return {"StringListValue": [str(item) for item in value]}
    return {"StringValue": str(value)}


def _found(item: Mapping[str, Any]) -> tuple[Document, float]:
    metadata: dict[str, Any] = {}
    for attribute in objects_of(item.get("DocumentAttributes")):
        value = attribute.get("Value")
        if isinstance(value, Mapping) and value:
            metadata[text_of(attribute.get("Key"))] = next(iter(value.values()))
    for name, key in (("title", "DocumentTitle"), ("source", "DocumentURI")):
        if item.get(key):
            metadata[name] = item[key]
    document = Document(page_content=text_of(item.get("Content")), metadata=metadata, id=text_of(item.get("DocumentId")) or None)
    return document, _SURENESS.get(text_of(member(item, "ScoreAttributes", "ScoreConfidence")), 0.0)
