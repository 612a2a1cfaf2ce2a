"""Errors in words that a user can act on."""

from __future__ import annotations

_PROVIDER_REFUSED_KEY = "401 Incorrect API key provided"
KEY_ADVICE = "401 Unauthorized – check your API key: the model provider did not accept it"


def shown_error(text: str) -> str:
    """The text as clients get it: a provider's refusal of its key says what to do, everything else stays."""
    return KEY_ADVICE if _PROVIDER_REFUSED_KEY in text else text
