"""The kinds of credentials that nodes take: one row each, with the fields that a credential of the kind has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowisectl.engine.node import NodeParam, Option


@dataclass(frozen=True)
class CredentialType:
    """Name, label and version as exported data has them; `fields` of type `password` are never shown."""

    name: str
    label: str
    version: float
    fields: tuple[NodeParam, ...]

    def to_json(self) -> dict[str, Any]:
        """The type as `GET /api/v1/components-credentials` shows it."""
        return {"label": self.label, "name": self.name, "version": self.version, "inputs": [field.to_json() for field in self.fields]}


def _secret(name: str, label: str) -> NodeParam:
    return NodeParam(name, label, "password")


def _oauth2(name: str, label: str, *, authorize: str, token: str, scope: str, parameters: str | None = None) -> CredentialType:
    """A login at another service; the tokens that it gave (`access_token`, `refresh_token`) lie beside these fields."""
    more = () if parameters is None else (NodeParam("additionalParameters", "Additional Parameters", "string", default=parameters or None),)
    fields = (
        NodeParam("authorizationUrl", "Authorization URL", "string", default=authorize),
        NodeParam("accessTokenUrl", "Access Token URL", "string", default=token),
        NodeParam("clientId", "Client ID", "string"),
        _secret("clientSecret", "Client Secret"),
        *more,
        NodeParam("scope", "Scope", "string", default=scope),
    )
    return CredentialType(name, label, 1.0, fields)


TYPES = (
    CredentialType("openAIApi", "OpenAI API", 1.0, (_secret("openAIApiKey", "OpenAI Api Key"),)),
    CredentialType(
        "azureOpenAIApi",
        "Azure OpenAI API",
        1.0,
        (
            _secret("azureOpenAIApiKey", "Azure OpenAI Api Key"),
            NodeParam("azureOpenAIApiInstanceName", "Azure OpenAI Api Instance Name", "string"),
            NodeParam("azureOpenAIApiDeploymentName", "Azure OpenAI Api Deployment Name", "string"),
            NodeParam("azureOpenAIApiVersion", "Azure OpenAI Api Version", "string"),
        ),
    ),
    CredentialType("anthropicApi", "Anthropic API", 1.0, (_secret("anthropicApiKey", "Anthropic Api Key"),)),
    CredentialType("googleGenerativeAI", "Google Generative AI", 1.0, (_secret("googleGenerativeAPIKey", "Google AI API Key"),)),
    CredentialType("ollamaApi", "Ollama API", 1.0, (_secret("ollamaApiKey", "Ollama Api Key"),)),
    CredentialType("cohereApi", "Cohere API", 1.0, (_secret("cohereApiKey", "Cohere Api Key"),)),
    CredentialType("groqApi", "Groq API", 1.0, (_secret("groqApiKey", "Groq Api Key"),)),
    CredentialType("mistralAIApi", "MistralAI API", 1.0, (_secret("mistralAIAPIKey", "MistralAI API Key"),)),
    CredentialType("deepseekApi", "DeepseekAI API", 1.0, (_secret("deepseekApiKey", "DeepseekAI API Key"),)),
    CredentialType("xaiApi", "Xai API", 1.0, (_secret("xaiApiKey", "X AI API Key"),)),
    CredentialType("togetherAIApi", "TogetherAI API", 1.0, (_secret("togetherAIApiKey", "TogetherAI Api Key"),)),
    CredentialType("fireworksApi", "Fireworks API", 1.0, (_secret("fireworksApiKey", "Fireworks Api Key"),)),
    CredentialType("openRouterApi", "OpenRouter API Key", 1.0, (_secret("openRouterApiKey", "OpenRouter API Key"),)),
    CredentialType("perplexityApi", "Perplexity API", 1.0, (_secret("perplexityApiKey", "Perplexity API Key"),)),
    CredentialType("cerebrasAIApi", "Cerebras API Key", 2.0, (_secret("cerebrasApiKey", "Cerebras API Key"),)),
    CredentialType("nvidiaNIMApi", "NVIDIA NGC API Key", 1.0, (_secret("nvidiaNIMApiKey", "NVIDIA NGC API Key"),)),
    CredentialType("localAIApi", "LocalAI API", 1.0, (_secret("localAIApiKey", "LocalAI Api Key"),)),
    CredentialType("litellmApi", "Litellm API", 1.0, (_secret("litellmApiKey", "API Key"),)),
    CredentialType("sambanovaApi", "Sambanova API", 1.0, (_secret("sambanovaApiKey", "Sambanova Api Key"),)),
    CredentialType("cometApi", "Comet API", 1.0, (_secret("cometApiKey", "Comet API Key"),)),
    CredentialType("huggingFaceApi", "HuggingFace API", 1.0, (_secret("huggingFaceApiKey", "HuggingFace Api Key"),)),
    CredentialType("AlibabaApi", "Alibaba API", 1.0, (_secret("alibabaApiKey", "Alibaba Api Key"),)),
    CredentialType(
        "cloudflareApi",
        "Cloudflare API",
        1.0,
        (NodeParam("cloudflareAccountId", "Cloudflare Account ID", "string"), _secret("cloudflareApiToken", "Cloudflare API Token")),
    ),
    CredentialType(
        "azureFoundryApi",
        "Azure Foundry API",
        1.0,
        (_secret("azureFoundryApiKey", "Azure Foundry API Key"), NodeParam("azureFoundryEndpoint", "Azure Foundry Endpoint", "string")),
    ),
    CredentialType(
        "awsApi",
        "AWS security credentials",
        1.1,
        (
            NodeParam("awsKey", "AWS Access Key", "password", optional=True),
            NodeParam("awsSecret", "AWS Secret Access Key", "password", optional=True),
            NodeParam("awsSession", "AWS Session Key", "password", optional=True),
            NodeParam("roleArn", "Role ARN", "string", optional=True),
            NodeParam("externalId", "External ID", "string", optional=True),
        ),
    ),
    CredentialType(
        "googleVertexAuth",
        "Google Vertex Auth",
        1.0,
        (
            NodeParam("googleApplicationCredentialFilePath", "Google Application Credential File Path", "string", optional=True),
            NodeParam("googleApplicationCredential", "Google Credential JSON Object", "password", optional=True),
            NodeParam("projectID", "Project ID", "string", optional=True),
        ),
    ),
    CredentialType(
        "ibmWatsonx",
        "IBM Watsonx",
        1.0,
        (
            NodeParam("version", "Version", "string"),
            NodeParam("serviceUrl", "Service URL", "string"),
            NodeParam("projectId", "Project ID", "string"),
            NodeParam(
                "watsonxAIAuthType",
                "Watsonx AI Auth Type",
                "options",
                default="iam",
                options=(Option("IAM", "iam"), Option("Bearer Token", "bearertoken")),
            ),
            NodeParam("watsonxAIApikey", "Watsonx AI IAM API Key", "password", optional=True),
            NodeParam("watsonxAIBearerToken", "Watsonx AI Bearer Token", "password", optional=True),
        ),
    ),
    CredentialType(
        "baiduQianfanApi",
        "Baidu Qianfan API",
        2.0,
        (_secret("qianfanAccessKey", "Qianfan Access Key"), _secret("qianfanSecretKey", "Qianfan Secret Key")),
    ),
    CredentialType(
        "voyageAIApi",
        "Voyage AI API",
        1.0,
        (
            NodeParam("endpoint", "Voyage AI Endpoint", "string", default="https://api.voyageai.com/v1/embeddings"),
            _secret("apiKey", "Voyage AI API Key"),
        ),
    ),
    CredentialType("jinaAIApi", "JinaAI API", 1.0, (_secret("jinaAIAPIKey", "JinaAI API Key"),)),
    CredentialType("replicateApi", "Replicate API", 1.0, (_secret("replicateApiKey", "Replicate Api Key"),)),
    CredentialType("chatflowApi", "Chatflow API", 1.0, (_secret("chatflowApiKey", "Chatflow Api Key"),)),
    CredentialType("agentflowApi", "Agentflow API", 1.0, (_secret("agentflowApiKey", "Agentflow Api Key"),)),
    CredentialType(
        "httpBasicAuth",
        "HTTP Basic Auth",
        1.0,
        (NodeParam("basicAuthUsername", "Basic Auth Username", "string"), _secret("basicAuthPassword", "Basic Auth Password")),
    ),
    CredentialType("httpBearerToken", "HTTP Bearer Token", 1.0, (_secret("token", "Token"),)),
    CredentialType("httpApiKey", "HTTP Api Key", 1.0, (NodeParam("key", "Key", "string"), _secret("value", "Value"))),
    CredentialType("githubApi", "Github API", 1.0, (_secret("accessToken", "Access Token"),)),
    CredentialType("pineconeApi", "Pinecone API", 1.0, (_secret("pineconeApiKey", "Pinecone Api Key"),)),
    CredentialType("qdrantApi", "Qdrant API", 1.0, (_secret("qdrantApiKey", "Qdrant API Key"),)),
    CredentialType(
        "chromaApi",
        "Chroma API",
        1.0,
        (
            _secret("chromaApiKey", "Chroma Api Key"),
            NodeParam("chromaTenant", "Chroma Tenant", "string"),
            NodeParam("chromaDatabase", "Chroma Database", "string"),
        ),
    ),
    CredentialType("MySQLApi", "MySQL API", 1.0, (NodeParam("user", "User", "string"), _secret("password", "Password"))),
    CredentialType("PostgresApi", "Postgres API", 1.0, (NodeParam("user", "User", "string"), _secret("password", "Password"))),
    CredentialType(
        "redisCacheApi",
        "Redis API",
        1.0,
        (
            NodeParam("redisCacheHost", "Redis Host", "string", default="127.0.0.1"),
            NodeParam("redisCachePort", "Port", "number", default="6379"),
            NodeParam("redisCacheUser", "User", "string"),
            _secret("redisCachePwd", "Password"),
            NodeParam("redisCacheSslEnabled", "Use SSL", "boolean"),
        ),
    ),
    CredentialType("redisCacheUrlApi", "Redis URL", 1.0, (NodeParam("redisUrl", "Redis URL", "url", default="redis://localhost:6379"),)),
    CredentialType("supabaseApi", "Supabase API", 1.0, (_secret("supabaseApiKey", "Supabase API Key"),)),
    CredentialType("serpApi", "Serp API", 1.0, (_secret("serpApiKey", "Serp Api Key"),)),
    CredentialType("serperApi", "Serper API", 1.0, (_secret("serperApiKey", "Serper Api Key"),)),
    CredentialType("tavilyApi", "Tavily API", 1.1, (_secret("tavilyApiKey", "Tavily Api Key"),)),
    CredentialType("exaSearchApi", "Exa Search API", 1.0, (_secret("exaSearchApiKey", "ExaSearch Api Key"),)),
    CredentialType("searchApi", "Search API", 1.0, (_secret("searchApiKey", "SearchApi API Key"),)),
    CredentialType("wolframAlphaAppId", "WolframAlpha App ID", 1.0, (_secret("wolframAlphaAppId", "App ID"),)),
    CredentialType("braveSearchApi", "Brave Search API", 1.0, (_secret("braveApiKey", "BraveSearch Api Key"),)),
    CredentialType(
        "googleCustomSearchApi",
        "Google Custom Search API",
        1.0,
        (
            _secret("googleCustomSearchApiKey", "Google Custom Search Api Key"),
            NodeParam("googleCustomSearchApiId", "Programmable Search Engine ID", "string"),
        ),
    ),
    CredentialType("slackApi", "Slack Bot Token", 1.0, (_secret("botToken", "Bot Token"), NodeParam("teamId", "Team ID", "string"))),
    _oauth2(
        "gmailOAuth2",
        "Gmail OAuth2",
        authorize="https://accounts.google.com/o/oauth2/v2/auth",
        token="https://oauth2.googleapis.com/token",
        parameters="access_type=offline&prompt=consent",
        scope=" ".join(f"https://www.googleapis.com/auth/gmail.{part}" for part in ("readonly", "compose", "modify", "labels")),
    ),
    _oauth2(
        "slackOAuth2",
        "Slack User Token OAuth2",
        authorize="https://slack.com/oauth/v2_user/authorize",
        token="https://slack.com/api/oauth.v2.user.access",
        parameters="",
        scope="search:read.public search:read.private search:read.mpim search:read.im search:read.files search:read.users groups:history "
        "mpim:history im:history channels:history chat:write canvases:read canvases:write users:read users:read.email",
    ),
    _oauth2(
        "microsoftTeamsOAuth2",
        "Microsoft Teams OAuth2",
        authorize="https://login.microsoftonline.com/<tenantId>/oauth2/v2.0/authorize",
        token="https://login.microsoftonline.com/<tenantId>/oauth2/v2.0/token",
        scope="openid offline_access User.Read User.ReadWrite.All Group.ReadWrite.All Team.ReadBasic.All Team.Create "
        "TeamMember.ReadWrite.All Channel.ReadBasic.All Channel.Create Channel.Delete.All "
        "ChannelMember.ReadWrite.All Chat.ReadWrite Chat.Create ChatMember.ReadWrite ChatMessage.Send "
        "ChatMessage.Read ChannelMessage.Send ChannelMessage.Read.All TeamsActivity.Send",
    ),
)

CREDENTIAL_TYPES = {kind.name: kind for kind in TYPES}
