"""An Elasticsearch index of dense vectors (https://www.elastic.co/docs/solutions/search/vector/knn), and where a server is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from flowisectl.clients.rest import RestService
from flowisectl.clients.search_engine import DYNAMIC, FIELDS, VECTOR, SearchEngineIndex
from flowisectl.interfaces.http import HttpClient

_CANDIDATES = 200
_MOST_CANDIDATES = 10_000


class DenseVectors:
    """`similarity`: `l2_norm`, `dot_product` (vectors of length one) or `cosine`."""

    shows_ids = False

    def __init__(self, similarity: str) -> None:
        self._similarity = similarity

    def index(self, size: int) -> dict[str, Any]:
        vector = {"type": "dense_vector", "dims": size, "index": True, "similarity": self._similarity}
        return {"mappings": {"dynamic_templates": DYNAMIC, "properties": {**FIELDS, VECTOR: vector}}}

    def query(self, vector: Sequence[float], count: int, filters: list[dict[str, Any]]) -> dict[str, Any]:
        knn: dict[str, Any] = {
            "field": VECTOR,
            "query_vector": list(vector),
            "k": count,
            "num_candidates": min(max(_CANDIDATES, count), _MOST_CANDIDATES),
        }
        return {"knn": {**knn, "filter": filters} if filters else knn}

    def equal(self, field: str, value: Any) -> dict[str, Any]:
        """A text must be equal as a whole: in indexes that LangChain's client made it stands so in `keyword` beside the field."""
        if not isinstance(value, str):
            return {"term": {field: value}}
        return {"bool": {"should": [{"term": {field: value}}, {"term": {f"{field}.keyword": value}}], "minimum_should_match": 1}}


def elasticsearch_index(
    http: HttpClient, *, url: str, name: str, similarity: str = "l2_norm", api_key: str = "", user: str = "", password: str = ""
) -> SearchEngineIndex:
    """With an API key, or else a user and a password."""
    service = RestService(
        http,
        provider="elasticsearch",
        base_url=url,
        headers={"authorization": f"ApiKey {api_key}"} if api_key else basic(user, password),
        secrets=(api_key, password),
        retries=2,
    )
    return SearchEngineIndex(service, DenseVectors(similarity), name=name)


def basic(user: str, password: str) -> dict[str, str]:
    """The header of HTTP's basic scheme; none for an empty user."""
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()} if user else {}


def cloud_url(cloud_id: str) -> str:
    """The address in an Elastic Cloud ID: `<name>:<base64 of host[:port]$<server>$…>`. A URL is its own. Raises ValueError."""
    if "://" in cloud_id:
        return cloud_id
    try:
        parts = base64.b64decode(cloud_id.rpartition(":")[2] + "==").decode().split("$")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("neither a URL nor a Cloud ID") from error
    if len(parts) < 2 or not parts[0] or not parts[1]:
        raise ValueError("a Cloud ID without a server")
    host, _, port = parts[0].partition(":")
    server, _, own_port = parts[1].partition(":")
    return f"https://{server}.{host}:{own_port or port or '443'}"
