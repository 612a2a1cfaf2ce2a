"""How the connection to a database server is encrypted."""

from __future__ import annotations

import ssl

from config.settings import DatabaseSettings
from flowisectl.errors import InvalidSetting


def encryption_of(settings: DatabaseSettings) -> ssl.SSLContext | None:
    """DATABASE_SSL_KEY_BASE64 gives a CA whose check is off unless DATABASE_REJECT_UNAUTHORIZED; DATABASE_SSL alone checks fully."""
    if settings.ssl_ca_pem:
        try:
            context = ssl.create_default_context(cadata=settings.ssl_ca_pem)
        except (ssl.SSLError, ValueError) as error:
            raise InvalidSetting("DATABASE_SSL_KEY_BASE64", "…", "base64 of a certificate authority in PEM") from error
        if not settings.reject_unauthorized:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context
    return ssl.create_default_context() if settings.ssl else None
