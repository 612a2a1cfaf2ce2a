from __future__ import annotations

import pytest

from flowisectl.web.access.framing import framing_headers

CSP, FRAME = b"content-security-policy", b"x-frame-options"


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        ("*", [(CSP, b"frame-ancestors *")]),
        ("'self'", [(CSP, b"frame-ancestors 'self'"), (FRAME, b"SAMEORIGIN")]),
        ("", [(CSP, b"frame-ancestors 'self'"), (FRAME, b"SAMEORIGIN")]),
        ("'none'", [(CSP, b"frame-ancestors 'none'"), (FRAME, b"DENY")]),
        ("https://a.example, https://b.example", [(CSP, b"frame-ancestors https://a.example https://b.example")]),
    ],
)
def test_every_form_of_iframe_origins_has_its_headers(origins: str, expected: list[tuple[bytes, bytes]]) -> None:
    assert framing_headers(origins) == expected
