"""A corpus of Vectara over its REST API, version 1 (https://docs.vectara.com/docs/1.0), which embeds, searches and sums up itself."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from flowisectl.clients.answer_shapes import member, number_of, objects_of, text_of
from flowisectl.clients.rest import RestService
from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import NamedFile
from flowisectl.interfaces.http import HttpCall, HttpClient, Reach

URL = "https://api.vectara.io"
UPLOAD_SECONDS = 180.0
MAX_UPLOAD_BYTES = 10_000_000
"""The service takes no larger file."""
_DIVERSE = 272_725_718
"""The service's number for choosing documents that differ from each other (MMR)."""
_NAME = re.compile(r"[\w.-]+")
_FINE = frozenset({"OK", "ALREADY_EXISTS"})


@dataclass(frozen=True, kw_only=True)
class VectaraAccess:
    customer_id: str
    corpus_ids: tuple[str, ...]
    """All are searched; documents are kept in the first."""
    api_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class VectaraSearch:
    """How a corpus is searched."""

    count: int
    metadata_filter: str = ""
    """An expression of the service, such as `doc.year = 2026`."""
    sentences_before: int = 2
    sentences_after: int = 2
    lexical: float = 0.0
    """How much words count beside meaning: from 0 to 1."""
    diverse_candidates: int = 0
    """Out of how many documents those are chosen that differ from each other; 0 leaves the order as it is."""
    diversity: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Summarizer:
    """Who sums up what was found: a prompt of the service, a language (`eng`), and how many texts it reads."""

    prompt: str
    language: str
    most: int


async def no_files() -> Sequence[NamedFile]:
    return ()


class VectaraStore:
    """Implements `interfaces.vector_store.VectorStore` and `ErasableStore`. `files` are uploaded with what is added."""

    records_name = ""

    def __init__(
        self,
        http: HttpClient,
        access: VectaraAccess,
        search: VectaraSearch,
        *,
        files: Callable[[], Awaitable[Sequence[NamedFile]]] = no_files,
        url: str = URL,
    ) -> None:
        self.count = search.count
        self._headers = {"x-api-key": access.api_key, "customer-id": access.customer_id}
        self._service = RestService(http, provider="vectara", base_url=url, headers=self._headers, secrets=(access.api_key,), retries=2)
        self._url = url
        self._access = access
        self._how = search
        self._files = files

    async def add(self, documents: Sequence[Document]) -> None:
        """Raises ProviderError; NotFound and InvalidFlow for files that cannot be read."""
        for document in documents:
            if document.page_content:
                await self._ask("/v1/index", {**self._place(), "document": _kept(document)})
        for file in await self._files():
            await self._upload(file)

    async def search(self, question: str, count: int, conditions: Mapping[str, Any] | None = None) -> list[tuple[Document, float]]:
        """Raises ProviderError."""
        if count <= 0:
            return []
        return _found(await self._query(question, count, conditions))[:count]

    async def delete(self, ids: Sequence[str]) -> None:
        for id in ids:
            await self._ask("/v1/delete-doc", {**self._place(), "documentId": id}, accept=("NOT_FOUND",))

    async def summarised(self, question: str, summarizer: Summarizer) -> tuple[str, list[Document]]:
        """(the service's own answer to a question, the documents that it was made from). Raises ProviderError."""
        wanted = {
            "summarizerPromptName": summarizer.prompt,
            "responseLang": summarizer.language,
            "maxSummarizedResults": summarizer.most,
        }
        answer = await self._query(question, max(self._how.count, summarizer.most), None, summary=[wanted])
        told = member(answer, "summary", 0)
        self._check(member(told, "status"))
        return text_of(member(told, "text")), [document for document, _ in _found(answer)]

    async def _query(self, question: str, count: int, conditions: Mapping[str, Any] | None, **more: Any) -> Any:
        """The one set of answers to one question."""
        how = self._how
        query: dict[str, Any] = {
            "query": question,
            "start": 0,
            "numResults": max(count, how.diverse_candidates),
            "contextConfig": {"sentencesBefore": how.sentences_before, "sentencesAfter": how.sentences_after},
            "corpusKey": [self._corpus(id, conditions) for id in self._access.corpus_ids],
            **more,
        }
        if how.diverse_candidates > 0:
            query["rerankingConfig"] = {"rerankerId": _DIVERSE, "mmrConfig": {"diversityBias": how.diversity}}
        answer = await self._ask("/v1/query", {"query": [query]})
        found = member(answer, "responseSet", 0)
        for status in objects_of(member(found, "status")):
            self._check(status)
        return found

    def _corpus(self, id: str, conditions: Mapping[str, Any] | None) -> dict[str, Any]:
        parts = [f"({self._how.metadata_filter})"] if self._how.metadata_filter else []
        for name, value in (conditions or {}).items():
            if not _NAME.fullmatch(name):
                raise self._service.error(f"vectara cannot filter by the metadata {name!r}: its name has characters that a filter has")
            parts.append(f"doc.{name} = {_literal(value)}")
        key: dict[str, Any] = {
            "customerId": self._access.customer_id,
            "corpusId": id,
            "lexicalInterpolationConfig": {"lambda": self._how.lexical},
        }
        return {**key, "metadataFilter": " and ".join(parts)} if parts else key

    async def _ask(self, path: str, body: Mapping[str, Any], accept: Sequence[str] = ()) -> Any:
        answer = await self._service.json("POST", path, body)
        status = member(answer, "status")
        for item in [status] if isinstance(status, Mapping) else objects_of(status):
            self._check(item, accept)
        return answer

    def _check(self, status: Any, accept: Sequence[str] = ()) -> None:
        """The service says in its body, too, that it refused."""
        code = text_of(member(status, "code"))
        if code and code not in _FINE and code not in accept:
            raise self._service.error(f"vectara refused the request: {code} {text_of(member(status, 'statusDetail'))}")

    async def _upload(self, file: NamedFile) -> None:
        if len(file.data) > MAX_UPLOAD_BYTES:
            raise self._service.error(f"vectara takes no file of more than {MAX_UPLOAD_BYTES} bytes: {file.name} has {len(file.data)}")
        media_type = file.media_type or "application/octet-stream"
        call = HttpCall(
            method="POST",
            url=f"{self._url}/v1/upload?c={self._access.customer_id}&o={self._access.corpus_ids[0]}&d=true",
            headers=self._headers,
            form={"file": (file.name, file.data, media_type), "doc_metadata": "{}"},
            reach=Reach.ENDPOINT,
            timeout_seconds=UPLOAD_SECONDS,
        )
        await self._service.send(call, accept=(409,))  # it is there already

    def _place(self) -> dict[str, str]:
        return {"customerId": self._access.customer_id, "corpusId": self._access.corpus_ids[0]}


def access_of(customer_id: str, corpus_ids: str, api_key: str) -> VectaraAccess:
    """`corpus_ids` are numbers between commas. Raises ProviderError when an id is no number."""
    ids = tuple(part.strip() for part in corpus_ids.split(",") if part.strip())
    if not ids or not all(id.isdigit() for id in (customer_id.strip(), *ids)):
        raise ProviderError("vectara: the customer id and the corpus ids of the credential must be numbers", provider="vectara")
    return VectaraAccess(customer_id=customer_id.strip(), corpus_ids=ids, api_key=api_key)


def _kept(document: Document) -> dict[str, Any]:
    """A document without an id gets one that follows from it, so that it is kept once."""
    metadata = orjson.dumps(dict(document.metadata), default=str)
    digest = hashlib.sha256(document.page_content.encode() + b"\0" + metadata).hexdigest()
    return {
        "documentId": document.id or str(uuid.uuid5(uuid.NAMESPACE_OID, digest)),
        "title": str(document.metadata.get("title") or ""),
        "metadataJson": metadata.decode(),
        "section": [{"text": document.page_content}],
    }


def _found(answer: Any) -> list[tuple[Document, float]]:
    """Every text with its own metadata and that of its document, which counts where both have a name."""
    documents = objects_of(member(answer, "document"))
    found = []
    for item in objects_of(member(answer, "response")):
        place = item.get("documentIndex", 0)
        whole: Mapping[str, Any] = documents[place] if isinstance(place, int) and 0 <= place < len(documents) else {}
        metadata = {**_named(item.get("metadata")), **_named(whole.get("metadata"))}
        document = Document(page_content=text_of(item.get("text")), metadata=metadata)
        found.append((document, number_of(item.get("score"))))
    return found


def _named(pairs: Any) -> dict[str, Any]:
    return {str(pair.get("name")): pair.get("value") for pair in objects_of(pairs)}


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
