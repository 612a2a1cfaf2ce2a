"""The regions that clouds offer by name, for the choices of nodes. Sources: docs.aws.amazon.com/general, cloud.google.com/vertex-ai."""

from __future__ import annotations

_AWS = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ca-central-1", "ca-west-1",
    "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2",
    "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-gov-east-1", "us-gov-west-1",
)  # fmt: skip
_GOOGLE = (
    "global", "us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west2", "us-west3", "us-west4",
    "northamerica-northeast1", "southamerica-east1", "southamerica-west1", "africa-south1", "europe-central2", "europe-north1",
    "europe-southwest1", "europe-west1", "europe-west2", "europe-west3", "europe-west4", "europe-west6", "europe-west8", "europe-west9",
    "europe-west12", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3", "asia-south1",
    "asia-southeast1", "asia-southeast2", "australia-southeast1", "australia-southeast2", "me-central1", "me-central2", "me-west1",
)  # fmt: skip

REGIONS = {
    **dict.fromkeys(("awsChatBedrock", "AWSBedrockEmbeddings", "awsBedrockKBRetriever", "S3", "s3Directory", "kendra"), _AWS),
    **dict.fromkeys(("chatGoogleVertexAI", "googlevertexaiEmbeddings"), _GOOGLE),
}
"""Node → region names."""
