"""An OpenSearch index of k-NN vectors (https://docs.opensearch.org/latest/vector-search/)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from flowisectl.clients.elasticsearch import basic
from flowisectl.clients.rest import RestService
from flowisectl.clients.search_engine import DYNAMIC, FIELDS, VECTOR, SearchEngineIndex
from flowisectl.interfaces.http import HttpClient

LEGACY = "nmslib"


class KnnVectors:
    """`engine`: `lucene`, `faiss` or `nmslib`; `space`: `l2`, `cosinesimil` or `innerproduct`."""

    shows_ids = True

    def __init__(self, engine: str, space: str) -> None:
        self._engine = engine
        self._space = space

    def index(self, size: int) -> dict[str, Any]:
        method = {"name": "hnsw", "engine": self._engine, "space_type": self._space, "parameters": {"ef_construction": 512, "m": 16}}
        return {
            "settings": {"index": {"knn": True}},
            "mappings": {
                "dynamic_templates": DYNAMIC,
                "properties": {**FIELDS, VECTOR: {"type": "knn_vector", "dimension": size, "method": method}},
            },
        }

    def query(self, vector: Sequence[float], count: int, filters: list[dict[str, Any]]) -> dict[str, Any]:
        """The newer engines filter while they look; the legacy one only throws away what it found."""
        wanted: dict[str, Any] = {"vector": list(vector), "k": count}
        if not filters:
            return {"query": {"knn": {VECTOR: wanted}}}
        if self._engine == LEGACY:
            return {"query": {"bool": {"must": [{"knn": {VECTOR: wanted}}], "filter": filters}}}
        return {"query": {"knn": {VECTOR: {**wanted, "filter": {"bool": {"filter": filters}}}}}}

    def equal(self, field: str, value: Any) -> dict[str, Any]:
        return {"term": {field: value}}


def opensearch_index(
    http: HttpClient, *, url: str, name: str, engine: str = "lucene", space: str = "l2", user: str = "", password: str = ""
) -> SearchEngineIndex:
    """A URL may carry user and password itself. Raises ValueError for one that cannot be read."""
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("not a URL with a host")
    user = user or unquote(parts.username or "")
    password = password or unquote(parts.password or "")
    service = RestService(
        http,
        provider="opensearch",
        base_url=parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(),
        headers=basic(user, password),
        secrets=(password,),
        retries=2,
    )
    return SearchEngineIndex(service, KnnVectors(engine, space), name=name)
