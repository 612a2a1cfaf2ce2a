"""The kinds of credentials that nodes take: one row each, with the fields that a credential of the kind has."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam, Option
from flowisectl.nodes.app_credential_types import APPS
from flowisectl.nodes.credential_type import CredentialType, login, secret

__all__ = ["CREDENTIAL_TYPES", "SECRET_FIELDS", "TYPES", "CredentialType"]

TYPES = (
    CredentialType("openAIApi", "OpenAI API", 1.0, (secret("openAIApiKey", "OpenAI Api Key"),)),
    CredentialType(
        "azureOpenAIApi",
        "Azure OpenAI API",
        1.0,
        (
            secret("azureOpenAIApiKey", "Azure OpenAI Api Key"),
            NodeParam("azureOpenAIApiInstanceName", "Azure OpenAI Api Instance Name", "string"),
            NodeParam("azureOpenAIApiDeploymentName", "Azure OpenAI Api Deployment Name", "string"),
            NodeParam("azureOpenAIApiVersion", "Azure OpenAI Api Version", "string"),
        ),
    ),
    CredentialType("anthropicApi", "Anthropic API", 1.0, (secret("anthropicApiKey", "Anthropic Api Key"),)),
    CredentialType("googleGenerativeAI", "Google Generative AI", 1.0, (secret("googleGenerativeAPIKey", "Google AI API Key"),)),
    CredentialType("ollamaApi", "Ollama API", 1.0, (secret("ollamaApiKey", "Ollama Api Key"),)),
    CredentialType("cohereApi", "Cohere API", 1.0, (secret("cohereApiKey", "Cohere Api Key"),)),
    CredentialType("groqApi", "Groq API", 1.0, (secret("groqApiKey", "Groq Api Key"),)),
    CredentialType("mistralAIApi", "MistralAI API", 1.0, (secret("mistralAIAPIKey", "MistralAI API Key"),)),
    CredentialType("deepseekApi", "DeepseekAI API", 1.0, (secret("deepseekApiKey", "DeepseekAI API Key"),)),
    CredentialType("xaiApi", "Xai API", 1.0, (secret("xaiApiKey", "X AI API Key"),)),
    CredentialType("togetherAIApi", "TogetherAI API", 1.0, (secret("togetherAIApiKey", "TogetherAI Api Key"),)),
    CredentialType("fireworksApi", "Fireworks API", 1.0, (secret("fireworksApiKey", "Fireworks Api Key"),)),
    CredentialType("openRouterApi", "OpenRouter API Key", 1.0, (secret("openRouterApiKey", "OpenRouter API Key"),)),
    CredentialType("perplexityApi", "Perplexity API", 1.0, (secret("perplexityApiKey", "Perplexity API Key"),)),
    CredentialType("cerebrasAIApi", "Cerebras API Key", 2.0, (secret("cerebrasApiKey", "Cerebras API Key"),)),
    CredentialType("nvidiaNIMApi", "NVIDIA NGC API Key", 1.0, (secret("nvidiaNIMApiKey", "NVIDIA NGC API Key"),)),
    CredentialType("localAIApi", "LocalAI API", 1.0, (secret("localAIApiKey", "LocalAI Api Key"),)),
    CredentialType("litellmApi", "Litellm API", 1.0, (secret("litellmApiKey", "API Key"),)),
    CredentialType("sambanovaApi", "Sambanova API", 1.0, (secret("sambanovaApiKey", "Sambanova Api Key"),)),
    CredentialType("cometApi", "Comet API", 1.0, (secret("cometApiKey", "Comet API Key"),)),
    CredentialType("huggingFaceApi", "HuggingFace API", 1.0, (secret("huggingFaceApiKey", "HuggingFace Api Key"),)),
    CredentialType("AlibabaApi", "Alibaba API", 1.0, (secret("alibabaApiKey", "Alibaba Api Key"),)),
    CredentialType(
        "cloudflareApi",
        "Cloudflare API",
        1.0,
        (NodeParam("cloudflareAccountId", "Cloudflare Account ID", "string"), secret("cloudflareApiToken", "Cloudflare API Token")),
    ),
    CredentialType(
        "azureFoundryApi",
        "Azure Foundry API",
        1.0,
        (secret("azureFoundryApiKey", "Azure Foundry API Key"), NodeParam("azureFoundryEndpoint", "Azure Foundry Endpoint", "string")),
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
        "dynamodbMemoryApi",
        "DynamodbMemory API",
        1.0,
        (secret("accessKey", "Access Key"), secret("secretAccessKey", "Secret Access Key")),
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
        (secret("qianfanAccessKey", "Qianfan Access Key"), secret("qianfanSecretKey", "Qianfan Secret Key")),
    ),
    CredentialType(
        "voyageAIApi",
        "Voyage AI API",
        1.0,
        (
            NodeParam("endpoint", "Voyage AI Endpoint", "string", default="https://api.voyageai.com/v1/embeddings"),
            secret("apiKey", "Voyage AI API Key"),
        ),
    ),
    CredentialType("jinaAIApi", "JinaAI API", 1.0, (secret("jinaAIAPIKey", "JinaAI API Key"),)),
    CredentialType("replicateApi", "Replicate API", 1.0, (secret("replicateApiKey", "Replicate Api Key"),)),
    CredentialType("chatflowApi", "Chatflow API", 1.0, (secret("chatflowApiKey", "Chatflow Api Key"),)),
    CredentialType("agentflowApi", "Agentflow API", 1.0, (secret("agentflowApiKey", "Agentflow Api Key"),)),
    CredentialType(
        "httpBasicAuth",
        "HTTP Basic Auth",
        1.0,
        (NodeParam("basicAuthUsername", "Basic Auth Username", "string"), secret("basicAuthPassword", "Basic Auth Password")),
    ),
    CredentialType("httpBearerToken", "HTTP Bearer Token", 1.0, (secret("token", "Token"),)),
    CredentialType("httpApiKey", "HTTP Api Key", 1.0, (NodeParam("key", "Key", "string"), secret("value", "Value"))),
    CredentialType("githubApi", "Github API", 1.0, (secret("accessToken", "Access Token"),)),
    CredentialType("pineconeApi", "Pinecone API", 1.0, (secret("pineconeApiKey", "Pinecone Api Key"),)),
    CredentialType("qdrantApi", "Qdrant API", 1.0, (secret("qdrantApiKey", "Qdrant API Key"),)),
    CredentialType(
        "chromaApi",
        "Chroma API",
        1.0,
        (
            secret("chromaApiKey", "Chroma Api Key"),
            NodeParam("chromaTenant", "Chroma Tenant", "string"),
            NodeParam("chromaDatabase", "Chroma Database", "string"),
        ),
    ),
    CredentialType("MySQLApi", "MySQL API", 1.0, (NodeParam("user", "User", "string"), secret("password", "Password"))),
    CredentialType("PostgresApi", "Postgres API", 1.0, (NodeParam("user", "User", "string"), secret("password", "Password"))),
    CredentialType(
        "redisCacheApi",
        "Redis API",
        1.0,
        (
            NodeParam("redisCacheHost", "Redis Host", "string", default="127.0.0.1"),
            NodeParam("redisCachePort", "Port", "number", default="6379"),
            NodeParam("redisCacheUser", "User", "string"),
            secret("redisCachePwd", "Password"),
            NodeParam("redisCacheSslEnabled", "Use SSL", "boolean"),
        ),
    ),
    CredentialType("redisCacheUrlApi", "Redis URL", 1.0, (NodeParam("redisUrl", "Redis URL", "url", default="redis://localhost:6379"),)),
    CredentialType(
        "upstashRedisApi",
        "Upstash Redis API",
        1.0,
        (NodeParam("upstashConnectionUrl", "Upstash Redis REST URL", "url"), secret("upstashConnectionToken", "Token")),
    ),
    CredentialType(
        "momentoCacheApi",
        "Momento Cache API",
        1.0,
        (
            NodeParam("momentoCache", "Cache", "string"),
            secret("momentoApiKey", "API Key"),
            NodeParam("momentoEndpoint", "Endpoint", "string"),
        ),
    ),
    CredentialType("supabaseApi", "Supabase API", 1.0, (secret("supabaseApiKey", "Supabase API Key"),)),
    CredentialType("weaviateApi", "Weaviate API", 1.0, (secret("weaviateApiKey", "Weaviate API Key"),)),
    CredentialType(
        "elasticsearchApi",
        "Elasticsearch API",
        1.0,
        (NodeParam("endpoint", "Elasticsearch Endpoint", "string"), secret("apiKey", "Elasticsearch API Key")),
    ),
    CredentialType(
        "elasticSearchUserPassword",
        "ElasticSearch User Password",
        1.0,
        (
            NodeParam("cloudId", "Cloud ID", "string"),
            NodeParam("username", "ElasticSearch User", "string"),
            secret("password", "ElasticSearch Password"),
        ),
    ),
    CredentialType(
        "openSearchUrl",
        "OpenSearch",
        2.0,
        (
            NodeParam("openSearchUrl", "OpenSearch Url", "url"),
            NodeParam("user", "User", "string", optional=True),
            NodeParam("password", "Password", "password", optional=True),
        ),
    ),
    CredentialType(
        "milvusAuth", "Milvus Auth", 1.0, (NodeParam("milvusUser", "Milvus User", "string"), secret("milvusPassword", "Milvus Password"))
    ),
    CredentialType("mongoDBUrlApi", "MongoDB ATLAS", 1.0, (NodeParam("mongoDBConnectUrl", "ATLAS Connection URL", "url"),)),
    CredentialType(
        "upstashVectorApi",
        "Upstash Vector API",
        1.0,
        (
            NodeParam("UPSTASH_VECTOR_REST_URL", "Upstash Vector REST URL", "url"),
            secret("UPSTASH_VECTOR_REST_TOKEN", "Upstash Vector REST Token"),
        ),
    ),
    CredentialType("upstashRedisMemoryApi", "Upstash Redis Memory API", 1.0, (secret("upstashRestToken", "Upstash Redis REST Token"),)),
    CredentialType(
        "meilisearchApi",
        "Meilisearch API",
        1.0,
        (
            secret("meilisearchSearchApiKey", "Meilisearch Search API Key"),
            NodeParam("meilisearchAdminApiKey", "Meilisearch Admin API Key", "password", optional=True),
        ),
    ),
    CredentialType("singleStoreApi", "SingleStore API", 1.0, (NodeParam("user", "User", "string"), secret("password", "Password"))),
    CredentialType(
        "AstraDBApi",
        "Astra DB API",
        2.0,
        (secret("applicationToken", "Astra DB Application Token"), NodeParam("dbEndPoint", "Astra DB Api Endpoint", "string")),
    ),
    CredentialType(
        "couchbaseApi",
        "Couchbase API",
        1.0,
        (
            NodeParam("connectionString", "Couchbase Connection String", "url"),
            NodeParam("username", "Couchbase Username", "string"),
            secret("password", "Couchbase Password"),
        ),
    ),
    CredentialType("zepMemoryApi", "Zep Memory API", 1.0, (secret("apiKey", "API Key"),)),
    CredentialType("mem0MemoryApi", "Mem0 Memory API", 1.0, (secret("apiKey", "API Key"),)),
    CredentialType(
        "vectaraApi",
        "Vectara API",
        1.0,
        (
            NodeParam("customerID", "Vectara Customer ID", "string"),
            NodeParam("corpusID", "Vectara Corpus ID", "string"),
            secret("apiKey", "Vectara API Key"),
        ),
    ),
    CredentialType(
        "neo4jApi",
        "Neo4j API",
        1.0,
        (NodeParam("url", "Neo4j URL", "string"), NodeParam("username", "Username", "string"), secret("password", "Password")),
    ),
    CredentialType("serpApi", "Serp API", 1.0, (secret("serpApiKey", "Serp Api Key"),)),
    CredentialType("serperApi", "Serper API", 1.0, (secret("serperApiKey", "Serper Api Key"),)),
    CredentialType("tavilyApi", "Tavily API", 1.1, (secret("tavilyApiKey", "Tavily Api Key"),)),
    CredentialType("exaSearchApi", "Exa Search API", 1.0, (secret("exaSearchApiKey", "ExaSearch Api Key"),)),
    CredentialType("searchApi", "Search API", 1.0, (secret("searchApiKey", "SearchApi API Key"),)),
    CredentialType("wolframAlphaAppId", "WolframAlpha App ID", 1.0, (secret("wolframAlphaAppId", "App ID"),)),
    CredentialType("braveSearchApi", "Brave Search API", 1.0, (secret("braveApiKey", "BraveSearch Api Key"),)),
    CredentialType(
        "googleCustomSearchApi",
        "Google Custom Search API",
        1.0,
        (
            secret("googleCustomSearchApiKey", "Google Custom Search Api Key"),
            NodeParam("googleCustomSearchApiId", "Programmable Search Engine ID", "string"),
        ),
    ),
    CredentialType("slackApi", "Slack Bot Token", 1.0, (secret("botToken", "Bot Token"), NodeParam("teamId", "Team ID", "string"))),
    login(
        "gmailOAuth2",
        "Gmail OAuth2",
        authorize="https://accounts.google.com/o/oauth2/v2/auth",
        token="https://oauth2.googleapis.com/token",
        parameters="access_type=offline&prompt=consent",
        scope=" ".join(f"https://www.googleapis.com/auth/gmail.{part}" for part in ("readonly", "compose", "modify", "labels")),
    ),
    login(
        "slackOAuth2",
        "Slack User Token OAuth2",
        authorize="https://slack.com/oauth/v2_user/authorize",
        token="https://slack.com/api/oauth.v2.user.access",
        parameters="",
        scope="search:read.public search:read.private search:read.mpim search:read.im search:read.files search:read.users groups:history "
        "mpim:history im:history channels:history chat:write canvases:read canvases:write users:read users:read.email",
    ),
    login(
        "microsoftTeamsOAuth2",
        "Microsoft Teams OAuth2",
        authorize="https://login.microsoftonline.com/<tenantId>/oauth2/v2.0/authorize",
        token="https://login.microsoftonline.com/<tenantId>/oauth2/v2.0/token",
        scope="openid offline_access User.Read User.ReadWrite.All Group.ReadWrite.All Team.ReadBasic.All Team.Create "
        "TeamMember.ReadWrite.All Channel.ReadBasic.All Channel.Create Channel.Delete.All "
        "ChannelMember.ReadWrite.All Chat.ReadWrite Chat.Create ChatMember.ReadWrite ChatMessage.Send "
        "ChatMessage.Read ChannelMessage.Send ChannelMessage.Read.All TeamsActivity.Send",
    ),
    *APPS,
)

CREDENTIAL_TYPES = {kind.name: kind for kind in TYPES}
SECRET_FIELDS = {kind.name: tuple(field.name for field in kind.fields if field.type == "password") for kind in TYPES}
"""A node's input of that name stands in for a credential (`NodeInputs.secret`)."""
