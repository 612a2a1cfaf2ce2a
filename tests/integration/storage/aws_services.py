"""What tests start in place of Amazon's services and Google's storage: servers on loopback with state of their own."""

from __future__ import annotations

import http.client
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import boto3  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.server import ThreadedMotoServer

from config.settings import StorageSettings

REGION = "eu-west-1"
KEY_ID, SECRET = "AKIAEXAMPLE", "very-secret-access-key"


class AwsServer:
    """S3 and Secrets Manager."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.s3 = self.client("s3")

    def client(self, service: str, region: str = REGION) -> Any:
        return boto3.client(service, endpoint_url=self.url, region_name=region, aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET)

    def make_bucket(self) -> str:
        """An empty bucket; gives its name."""
        name = f"b{uuid.uuid4().hex}"
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name

    def settings(self, bucket: str = "") -> StorageSettings:
        return StorageSettings(
            type="s3",
            s3_bucket=bucket or self.make_bucket(),
            s3_region=REGION,
            s3_access_key_id=KEY_ID,
            s3_secret_access_key=SECRET,
            s3_endpoint_url=self.url,
            s3_force_path_style=True,
        )

    def keys(self, bucket: str) -> list[str]:
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]

    def close(self) -> None:
        self._server.stop()


class GoogleFront:
    """Google's XML interface is that of S3 with other names of headers and another signature: this server translates them."""

    def __init__(self, s3_url: str) -> None:
        self.authorizations: list[str] = []
        outer, target = self, urlsplit(s3_url)
        names = {
            "x-goog-copy-source": "x-amz-copy-source",
            "x-goog-metadata-directive": "x-amz-metadata-directive",
        }

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.authorizations.append(self.headers.get("Authorization", ""))
                headers = {names.get(key.lower(), key): value for key, value in self.headers.items() if key.lower() != "authorization"}
                # The server behind reads who asks, and checks no signature.
                scope = f"Credential={KEY_ID}/20260101/{REGION}/s3/aws4_request"
                headers["Authorization"] = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
                if self.headers.get("x-goog-if-generation-match") == "0":
                    headers["If-None-Match"] = "*"
                connection = http.client.HTTPConnection(target.hostname or "", target.port)
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                data = answer.read()
                self.send_response(answer.status)
                for key, value in answer.getheaders():
                    if key.lower() not in ("transfer-encoding", "connection", "date", "server"):
                        self.send_header("x-goog-generation" if key.lower() == "x-amz-version-id" else key, value)
                self.end_headers()
                self.wfile.write(data)
                connection.close()

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def service_account(self) -> dict[str, Any]:
        """The members of a key file that lead to this server."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return {"gcs_base_url": self.url, "private_key": pem.decode(), "disable_oauth": False}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
