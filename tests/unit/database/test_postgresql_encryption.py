from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config.settings import DatabaseSettings
from flowisectl.database.encryption import encryption_of
from flowisectl.database.postgresql import PostgresDriver
from flowisectl.errors import InvalidSetting


@pytest.fixture(scope="module")
def authority() -> str:
    key, name, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    certificate = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def test_without_settings_the_driver_decides() -> None:
    assert encryption_of(DatabaseSettings()) is None


def test_ssl_alone_checks_fully() -> None:
    context = encryption_of(DatabaseSettings(ssl=True))

    assert context is not None and context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname


@pytest.mark.parametrize(("reject", "mode"), [(False, ssl.CERT_NONE), (True, ssl.CERT_REQUIRED)])
def test_an_authority_is_checked_only_on_request(authority: str, reject: bool, mode: ssl.VerifyMode) -> None:
    context = encryption_of(DatabaseSettings(ssl_ca_pem=authority, reject_unauthorized=reject))

    assert context is not None and context.verify_mode == mode and context.check_hostname is reject
    assert len(context.get_ca_certs()) == 1


def test_a_broken_authority_names_the_variable() -> None:
    with pytest.raises(InvalidSetting, match="DATABASE_SSL_KEY_BASE64"):
        encryption_of(DatabaseSettings(ssl_ca_pem="no pem"))


def test_the_driver_shows_no_password() -> None:
    driver = PostgresDriver(DatabaseSettings(type="postgres", host="h", name="n", user="u", password="hidden"))

    assert "hidden" not in driver.place and "hidden" not in repr(driver.engine.url) and "hidden" not in str(driver.engine.url)
