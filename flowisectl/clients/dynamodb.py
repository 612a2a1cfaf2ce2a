"""Tables of DynamoDB over its JSON API (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html).

A value is told with its type: `{"S": text}`, `{"L": [values]}`, `{"M": {name: value}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from flowisectl.clients.aws_services import AwsEndpoint, service_url
from flowisectl.clients.aws_signing import AwsKeys
from flowisectl.clients.endpoint import Patience
from flowisectl.interfaces.http import HttpClient

Item = Mapping[str, Any]
SECONDS = 30.0


class DynamoTable:
    """One table, or with an empty name the account, which only knows its tables."""

    def __init__(
        self, http: HttpClient, keys: AwsKeys, *, region: str, table: str, base_url: str = "", **patience: Unpack[Patience]
    ) -> None:
        self._http = http
        self._keys = keys
        self._region = region
        self._table = table
        self._url = (base_url or service_url("dynamodb", region)).rstrip("/") + "/"
        self._patience: Patience = {"timeout_seconds": SECONDS, **patience}

    async def names(self, most: int) -> list[str]:
        """The tables there are, at most so many. Raises ProviderError."""
        found: list[str] = []
        last: Any = None
        while len(found) < most:
            answer = await self._ask("ListTables", {"ExclusiveStartTableName": last} if last else {})
            found += [str(name) for name in answer.get("TableNames") or []]
            last = answer.get("LastEvaluatedTableName")
            if not last:
                break
        return found[:most]

    async def get(self, key: Item) -> Item | None:
        """The item, read as it was last written; None when there is none. Raises ProviderError."""
        item = (await self._ask("GetItem", {"Key": key, "ConsistentRead": True})).get("Item")
        return item if isinstance(item, Mapping) else None

    async def put(self, item: Item) -> None:
        await self._ask("PutItem", {"Item": item})

    async def delete(self, key: Item) -> None:
        await self._ask("DeleteItem", {"Key": key})

    async def append(self, key: Item, attribute: str, values: list[Item]) -> None:
        """Add values to the end of a list, which is made with its item when it is not there. Raises ProviderError."""
        change = {
            "Key": key,
            "UpdateExpression": "SET #list = list_append(if_not_exists(#list, :none), :new)",
            "ExpressionAttributeNames": {"#list": attribute},
            "ExpressionAttributeValues": {":none": {"L": []}, ":new": {"L": values}},
        }
        await self._ask("UpdateItem", change)

    async def newest(self, partition: str, value: str, count: int) -> list[Item]:
        """The items of a partition, the greatest sort key first, at most so many. Raises ProviderError."""
        query = {
            "KeyConditionExpression": "#partition = :value",
            "ExpressionAttributeNames": {"#partition": partition},
            "ExpressionAttributeValues": {":value": {"S": value}},
            "ScanIndexForward": False,
            "Limit": count,
        }
        items = (await self._ask("Query", query)).get("Items")
        return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []

    async def _ask(self, operation: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"DynamoDB_20120810.{operation}"}
        endpoint = AwsEndpoint(
            self._http, self._keys, provider="DynamoDB", service="dynamodb", region=self._region, headers=headers, **self._patience
        )
        named = {"TableName": self._table} if self._table else {}
        answer = await endpoint.post(self._url, {**named, **body})
        return answer if isinstance(answer, Mapping) else {}


def text_of(value: Any) -> str:
    """The text of a value of type S; an empty one for any other."""
    return str(value["S"]) if isinstance(value, Mapping) and isinstance(value.get("S"), str) else ""
