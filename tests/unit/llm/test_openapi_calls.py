"""Addresses of the calls that a model writes."""

from __future__ import annotations

import orjson
import pytest

from flowisectl.errors import FlowError
from flowisectl.llm.openapi import read_openapi
from flowisectl.llm.openapi_calls import address_of

DOCUMENT = {
    "openapi": "3.0.0",
    "info": {"title": "Notes", "version": "1"},
    "servers": [{"url": "https://api.test/v1/"}],
    "paths": {
        "/notes/{id}/text": {
            "get": {"operationId": "read", "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]}
        }
    },
}


def test_path_parameters_are_encoded() -> None:
    (endpoint,) = read_openapi(orjson.dumps(DOCUMENT).decode()).endpoints

    assert address_of(endpoint, "https://api.test/v1/", {"PathParameters": {"id": "a/b?c"}}) == "https://api.test/v1/notes/a%2Fb%3Fc/text"


def test_a_path_parameter_does_not_lead_to_another_place() -> None:
    (endpoint,) = read_openapi(orjson.dumps(DOCUMENT).decode()).endpoints

    with pytest.raises(FlowError, match="would lead elsewhere"):
        address_of(endpoint, "https://api.test/v1/", {"PathParameters": {"id": ".."}})
