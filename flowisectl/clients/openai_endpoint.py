"""An endpoint that speaks OpenAI's protocol: its refusals name the page that clients of Flowise are sent to."""

from __future__ import annotations

from collections.abc import Mapping

from flowisectl.clients.endpoint import Failure, ModelEndpoint

_PAGES = {401: "MODEL_AUTHENTICATION", 404: "MODEL_NOT_FOUND", 429: "MODEL_RATE_LIMIT"}
"""By the status of the refusal: the last part of the page's address."""
_ADDRESS = "https://docs.langchain.com/oss/javascript/langchain/errors/"


class OpenAIEndpoint(ModelEndpoint):
    """As every endpoint; what is said of a wrong key, an unknown model and too many calls ends with an address to read on."""

    def _refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        failure = super()._refusal(status, headers, body)
        if page := _PAGES.get(status):
            failure.error.args = (f"{failure.error}\n\nTroubleshooting URL: {_ADDRESS}{page}/\n",)
        return failure
