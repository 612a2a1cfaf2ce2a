"""A MongoDB deployment that a flow's author named (extra `mongodb`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from flowisectl.errors import MissingExtra, ProviderError

if TYPE_CHECKING:
    from pymongo.asynchronous.collection import AsyncCollection

EXTRA = "mongodb"
MILLISECONDS = 15_000
"""How long the deployment may take to be found, to connect and to answer."""
_MESSAGE_CHARS = 1000
_TOKENS_OF_THE_MACHINE = "MONGODB-OIDC"
"""A login with a token that the driver fetches for the machine itself, from its cloud or a file, and sends to the URL's host."""


class MongoCollection:
    """Opens a connection for what it is asked and closes it again. No error shows what stands in the URL before the host."""

    def __init__(self, url: str, *, database: str, name: str, node_name: str) -> None:
        self._url = url.strip()
        self._database = database
        self._name = name
        self._node_name = node_name

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncCollection[dict[str, Any]]]:
        """Raises MissingExtra without the library; ProviderError, also for what fails inside."""
        try:
            from bson.errors import BSONError
            from pymongo import AsyncMongoClient
            from pymongo.errors import PyMongoError
        except ImportError as error:
            raise MissingExtra(self._node_name, EXTRA) from error
        if _TOKENS_OF_THE_MACHINE in unquote(self._url):
            raise ProviderError(
                f"MongoDB: logins with {_TOKENS_OF_THE_MACHINE} are not allowed in a flow: use a user and a password", provider=EXTRA
            )
        try:
            client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
                self._url,
                serverSelectionTimeoutMS=MILLISECONDS,
                connectTimeoutMS=MILLISECONDS,
                socketTimeoutMS=4 * MILLISECONDS,
                appname="flowisectl",
            )
        except (PyMongoError, ValueError) as error:  # a URL that cannot be read
            raise self._error(error) from error
        try:
            yield client[self._database][self._name]
        except (PyMongoError, BSONError, OSError) as error:
            raise self._error(error) from error
        finally:
            await client.close()

    def _error(self, error: Exception) -> ProviderError:
        text = str(error) or type(error).__name__
        for secret in self._secrets():
            text = text.replace(secret, "***")
        return ProviderError(f"MongoDB: {text[:_MESSAGE_CHARS]}", provider=EXTRA, status=getattr(error, "code", None) or 0)

    def _secrets(self) -> list[str]:
        """The password in the URL, as it stands there and as it is meant."""
        user, at, _ = self._url.partition("://")[2].rpartition("@")
        password = user.partition(":")[2] if at else ""
        return [secret for secret in (self._url, password, unquote(password)) if len(secret) >= 4]


def plain(value: Any) -> Any:
    """A value of a document as JSON has it: dates in ISO form, ids and what else there is as text."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
