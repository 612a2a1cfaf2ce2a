"""The nodes of S3, SNS, DynamoDB and STS against servers of these services."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
import pytest

from flowisectl.clients.aws_keys import credential_keys
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError, InvalidFlow, MissingInput, ProviderError
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.nodes.tools.aws_dynamo_db_kv_storage import AWSDynamoDBKVStorage
from flowisectl.nodes.tools.aws_sns import AWSSNS
from flowisectl.testing import InMemoryFactory, run_context

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/reader"
CATALOGUE = load_catalogue()


async def build(name: str, http: HttpClient, credential: dict[str, str], *, output: str = "", **inputs: Any) -> Any:
    given = NodeInputs({"region": REGION, **inputs}, node_id=f"{name}_0", label=name, output=output, credential=credential)
    return await CATALOGUE.get(name).build(given, run_context(http=http, session_id="s-1"))


@pytest.fixture
def bucket(aws: Any) -> str:
    name = f"b{uuid.uuid4().hex}"
    aws.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


@pytest.fixture
def table(aws: Any) -> str:
    name = f"t{uuid.uuid4().hex}"
    aws.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


@pytest.fixture
def sessions(aws: Any) -> str:
    name = f"t{uuid.uuid4().hex}"
    aws.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


class TestS3:
    async def test_a_file_is_read_by_its_ending(self, aws: Any, http: HttpClient, bucket: str) -> None:
        key = "a folder/é+(1)~=&.csv"
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"name,age\nAda,36\n")

        found = await build("S3", http, aws.credential, bucketName=bucket, keyName=key, metadata='{"team": "blue"}')

        assert [(item.page_content, item.metadata["source"], item.metadata["team"]) for item in found] == [
            ("name: Ada\nage: 36", f"s3://{bucket}/{key}", "blue")
        ]

    async def test_the_output_may_be_text(self, aws: Any, http: HttpClient, bucket: str) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="a.txt", Body=b"hello")

        assert await build("S3", http, aws.credential, output="text", bucketName=bucket, keyName="a.txt") == "hello\n"

    async def test_a_file_may_be_left_to_an_unstructured_service(self, aws: Any, http: HttpClient, bucket: str) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="x/a,b.pdf", Body=b"%PDF")
        factory = InMemoryFactory(unstructuredFileLoader=["documents"])
        values = {
            "bucketName": bucket,
            "keyName": "x/a,b.pdf",
            "fileProcessingMethod": "unstructured",
            "strategy": "fast",
            "region": REGION,
        }
        context = run_context(http=http, nodes=factory)

        found = await CATALOGUE.get("S3").build(
            NodeInputs({"region": REGION, **values}, node_id="S3_0", label="S3", credential=aws.credential), context
        )

        assert found == ["documents"]
        [(_, asked, _, _)] = factory.built
        assert asked["strategy"] == "fast"
        assert asked["fileObject"] == "data:application/octet-stream;base64,JVBERg==,filename:a_b.pdf"

    async def test_a_file_that_is_not_there_is_told(self, aws: Any, http: HttpClient, bucket: str) -> None:
        with pytest.raises(ProviderError, match="S3 refused the request: 404 NoSuchKey: The specified key does not exist"):
            await build("S3", http, aws.credential, bucketName=bucket, keyName="none.txt")

    async def test_all_files_with_text_below_a_prefix_are_read(
        self, aws: Any, http: HttpClient, bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("flowisectl.clients.s3_files._PAGE", 2)  # so that several pages come
        client = aws.client("s3")
        for name in ("docs/", "docs/a.txt", "docs/b +.md", "docs/deep/c.txt", "docs/d.png", "other/e.txt"):
            client.put_object(Bucket=bucket, Key=name, Body=name.encode())

        found = await build("s3Directory", http, aws.credential, bucketName=bucket, prefix="docs/", serverUrl=aws.url)

        assert [item.page_content for item in found] == ["docs/a.txt", "docs/b +.md", "docs/deep/c.txt"]
        assert found[1].metadata["source"] == f"s3://{bucket}/docs/b +.md"

    async def test_too_many_files_are_refused(self, aws: Any, http: HttpClient, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("flowisectl.nodes.document_loaders.s3_directory.MAX_FILES", 1)
        for name in ("a.txt", "b.txt"):
            aws.client("s3").put_object(Bucket=bucket, Key=name, Body=b"x")

        with pytest.raises(InvalidFlow, match="name a longer prefix"):
            await build("s3Directory", http, aws.credential, bucketName=bucket)

    async def test_a_larger_file_than_allowed_is_refused(
        self, aws: Any, http: HttpClient, bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("flowisectl.nodes.document_loaders.s3.MAX_FILE_BYTES", 10)
        aws.client("s3").put_object(Bucket=bucket, Key="a.txt", Body=b"x" * 11)

        with pytest.raises(ProviderError, match="larger than 10 bytes"):
            await build("S3", http, aws.credential, bucketName=bucket, keyName="a.txt")


class TestSns:
    async def test_a_message_is_published(self, aws: Any, http: HttpClient) -> None:
        sns, sqs = aws.client("sns"), aws.client("sqs")
        topic = sns.create_topic(Name=f"t{uuid.uuid4().hex}")["TopicArn"]
        queue = sqs.create_queue(QueueName=f"q{uuid.uuid4().hex}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        tool = await build("awsSNS", http, aws.credential, topicArn=topic)

        outcome = await tool.call({"input": "höchste Zeit & more"}, {})

        [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
        told = orjson.loads(message["Body"])
        assert told["Message"] == "höchste Zeit & more"
        assert told["MessageId"] in outcome.text

    async def test_a_topic_that_is_not_there_is_told(self, aws: Any, http: HttpClient) -> None:
        tool = await build("awsSNS", http, aws.credential, topicArn=f"arn:aws:sns:{REGION}:123456789012:none")

        with pytest.raises(ProviderError, match=r"404 NotFound: .* does not exist"):
            await tool.call({"input": "x"}, {})


class TestKeyValueStorage:
    async def test_versions_are_kept_and_read(self, aws: Any, http: HttpClient, table: str) -> None:
        store = await build("awsDynamoDBKVStorage", http, aws.credential, tableName=table, keyPrefix="app", operation="store")
        retrieve = await build("awsDynamoDBKVStorage", http, aws.credential, tableName=table, keyPrefix="app", operation="retrieve")
        for moment, value in (("1700000000001", "first"), ("1700000000002", "second")):
            item = {"pk": {"S": "app#k"}, "sk": {"S": moment}, "value": {"S": value}}
            aws.client("dynamodb").put_item(TableName=table, Item=item)

        await store.call({"key": "k", "value": "third"}, {})
        answers = [orjson.loads((await retrieve.call({"key": "k", "nthLatest": place}, {})).text) for place in ("1", 2, "3")]

        assert [answer["value"] for answer in answers] == ["third", "second", "first"]
        assert [answer["timestamp"] for answer in answers[1:]] == [1700000000002, 1700000000001]
        assert "no version 4" in (await retrieve.call({"key": "k", "nthLatest": "4"}, {})).text
        assert "Nothing is stored under the key 'app#other'" in (await retrieve.call({"key": "other"}, {})).text

    async def test_bad_arguments_and_too_long_values_are_refused(self, aws: Any, http: HttpClient, table: str) -> None:
        store = await build("awsDynamoDBKVStorage", http, aws.credential, tableName=table)
        retrieve = await build("awsDynamoDBKVStorage", http, aws.credential, tableName=table, operation="retrieve")

        for tool, arguments, message in (
            (store, {"value": "x"}, "needs a key"),
            (store, {"key": "k", "value": "x" * 400_000}, "at most 350000"),
            (retrieve, {"key": "k", "nthLatest": "last"}, "no number of a version"),
        ):
            with pytest.raises(FlowError, match=message):
                await tool.call(arguments, {})

    async def test_a_table_that_is_not_there_is_told(self, aws: Any, http: HttpClient) -> None:
        store = await build("awsDynamoDBKVStorage", http, aws.credential, tableName="none")

        with pytest.raises(ProviderError, match=r"400 .*[Rr]esource not found"):
            await store.call({"key": "k", "value": "x"}, {})


MEMORY_CREDENTIAL = {"accessKey": "AKIAEXAMPLE", "secretAccessKey": "very-secret-access-key"}


class TestChatMemory:
    async def test_a_conversation_is_kept_in_the_form_of_existing_tables(self, aws: Any, http: HttpClient, sessions: str) -> None:
        memory = await build("DynamoDBChatMemory", http, MEMORY_CREDENTIAL, tableName=sessions, partitionKey="id")
        before = [ChatMessage(role="user", content="before")]

        assert await memory.messages(before) == before
        await memory.add("hi", "hello")
        await memory.add("how?", "fine")

        found = await memory.messages(before)
        assert [(message.role, message.text) for message in found] == [
            ("user", "before"),
            ("user", "hi"),
            ("assistant", "hello"),
            ("user", "how?"),
            ("assistant", "fine"),
        ]
        item = aws.client("dynamodb").get_item(TableName=sessions, Key={"id": {"S": "s-1"}})["Item"]
        assert item["messages"]["L"][:2] == [
            {"M": {"type": {"S": "human"}, "text": {"S": "hi"}, "additional_kwargs": {"S": "{}"}}},
            {"M": {"type": {"S": "ai"}, "text": {"S": "hello"}, "additional_kwargs": {"S": "{}"}}},
        ]
        await memory.clear()
        assert await memory.messages() == []

    async def test_messages_of_other_kinds_are_left_out(self, aws: Any, http: HttpClient, sessions: str) -> None:
        rows = [{"M": {"type": {"S": kind}, "text": {"S": kind}}} for kind in ("system", "human")] + [{"S": "odd"}]
        aws.client("dynamodb").put_item(TableName=sessions, Item={"id": {"S": "s-1"}, "messages": {"L": rows}})
        memory = await build("DynamoDBChatMemory", http, MEMORY_CREDENTIAL, tableName=sessions, partitionKey="id")

        assert [message.text for message in await memory.messages()] == ["human"]

    async def test_without_keys_anywhere_it_says_so(self, aws: Any, http: HttpClient) -> None:
        with pytest.raises(MissingInput, match="has no AWS keys"):
            await build("DynamoDBChatMemory", http, {}, tableName="t", partitionKey="id")


class TestChoices:
    async def test_the_topics_of_the_account_are_offered(self, aws: Any, http: HttpClient) -> None:
        topics = {aws.client("sns").create_topic(Name=f"t{uuid.uuid4().hex}")["TopicArn"] for _ in range(101)}

        found = await AWSSNS().offered(NodeInputs({"region": REGION}, credential=aws.credential), http)

        assert topics <= set(found), "they come in pages of a hundred"

    async def test_the_tables_of_the_account_are_offered(self, aws: Any, http: HttpClient, table: str, sessions: str) -> None:
        found = await AWSDynamoDBKVStorage().offered(NodeInputs({"region": REGION}, credential=aws.credential), http)

        assert {table, sessions} <= set(found)


class TestKeys:
    async def test_the_keys_of_the_environment_stand_in(
        self, aws: Any, http: HttpClient, bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-env")
        aws.client("s3").put_object(Bucket=bucket, Key="a.txt", Body=b"hello")

        found = await build("S3", http, {}, bucketName=bucket, keyName="a.txt")

        assert found[0].page_content == "hello"

    async def test_a_role_is_taken_and_its_keys_are_kept(self, aws: Any, http: HttpClient) -> None:
        fields = {**aws.credential, "roleArn": ROLE, "externalId": "x-1"}

        def secret(name: str) -> str:
            return str(fields.get(name, ""))

        first = await credential_keys(http, secret, region=REGION, owner="o")
        again = await credential_keys(http, secret, region=REGION, owner="o")
        fields["externalId"] = "x-2"
        other = await credential_keys(http, secret, region=REGION, owner="o")

        assert first is again and other is not first
        assert first.access_key.startswith("ASIA") and first.session_token

    async def test_what_is_no_role_is_refused(self, aws: Any, http: HttpClient) -> None:
        with pytest.raises(MissingInput, match="is no ARN of a role"):
            await build("awsSNS", http, {**aws.credential, "roleArn": "admin"}, topicArn="t")

    async def test_half_a_key_is_none(self, aws: Any, http: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-env")

        with pytest.raises(MissingInput, match="has no AWS keys"):
            await build("awsSNS", http, {"awsKey": "AKIAEXAMPLE"}, topicArn="t")

    async def test_a_region_that_is_none_is_refused(self, aws: Any, http: HttpClient) -> None:
        with pytest.raises(InvalidFlow, match="is no region of AWS"):
            await build("awsSNS", http, aws.credential, region="evil.example/", topicArn="t")
