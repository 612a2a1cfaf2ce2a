"""The kinds of credentials for apps: wikis, tables, trackers, drives, mailboxes, crawlers, payments, sandboxes."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam
from flowisectl.nodes.credential_type import CredentialType, login, secret

APPS = (
    CredentialType("notionApi", "Notion API", 1.0, (secret("notionIntegrationToken", "Notion Integration Token"),)),
    CredentialType("airtableApi", "Airtable API", 1.0, (secret("accessToken", "Access Token"),)),
    CredentialType("figmaApi", "Figma API", 1.0, (secret("accessToken", "Access Token"),)),
    CredentialType("apifyApi", "Apify API", 1.0, (secret("apifyApiToken", "Apify API"),)),
    CredentialType("spiderApi", "Spider API", 1.0, (secret("spiderApiKey", "Spider API Key"),)),
    CredentialType("unstructuredApi", "Unstructured API", 1.0, (secret("unstructuredAPIKey", "API Key"),)),
    CredentialType(
        "fireCrawlApi",
        "FireCrawl API",
        2.0,
        (
            secret("firecrawlApiToken", "FireCrawl API"),
            NodeParam("firecrawlApiUrl", "FireCrawl API URL", "string", default="https://api.firecrawl.dev"),
        ),
    ),
    CredentialType(
        "oxylabsApi",
        "Oxylabs API",
        1.0,
        (NodeParam("username", "Oxylabs Username", "string"), secret("password", "Oxylabs Password")),
    ),
    CredentialType(
        "confluenceCloudApi",
        "Confluence Cloud API",
        1.0,
        (secret("accessToken", "Access Token"), NodeParam("username", "Username", "string")),
    ),
    CredentialType(
        "confluenceServerDCApi",
        "Confluence Server/Data Center API",
        1.0,
        (secret("personalAccessToken", "Personal Access Token"),),
    ),
    CredentialType("jiraApi", "Jira API", 1.0, (NodeParam("username", "User Name", "string"), secret("accessToken", "Access Token"))),
    CredentialType("jiraApiBearerToken", "Jira API (Bearer Token)", 1.0, (secret("bearerToken", "Bearer Token"),)),
    CredentialType("stripeApi", "Stripe API", 1.0, (secret("stripeApiToken", "Stripe API Token"),)),
    CredentialType("composioApi", "Composio API", 1.0, (secret("composioApi", "Composio API Key"),)),
    CredentialType("E2BApi", "E2B API", 1.0, (secret("e2bApiKey", "E2B Api Key"),)),
    CredentialType("browserlessApi", "Browserless API", 1.0, (secret("browserlessApiToken", "API Token"),)),
    CredentialType("PostgresUrl", "Postgres URL", 1.0, (NodeParam("postgresUrl", "Postgres URL", "url"),)),
    CredentialType("teradataBearerToken", "Teradata Bearer Token", 1.0, (secret("token", "Token"),)),
    CredentialType(
        "teradataTD2Auth",
        "Teradata TD2 Auth",
        1.0,
        (
            NodeParam("tdUsername", "Teradata TD2 Auth Username", "string"),
            secret("tdPassword", "Teradata TD2 Auth Password"),
        ),
    ),
    CredentialType(
        "pipedreamOAuthApi",
        "Pipedream Connect",
        1.0,
        (
            NodeParam("clientId", "Client ID", "string"),
            secret("clientSecret", "Client Secret"),
            NodeParam("projectId", "Project ID", "string"),
            NodeParam("oauthScopes", "OAuth Scopes", "string", optional=True),
        ),
    ),
    *(
        login(
            name,
            label,
            authorize="https://accounts.google.com/o/oauth2/v2/auth",
            token="https://oauth2.googleapis.com/token",
            parameters="access_type=offline&prompt=consent",
            scope=" ".join(f"https://www.googleapis.com/auth/{part}" for part in parts),
        )
        for name, label, parts in (
            ("googleCalendarOAuth2", "Google Calendar OAuth2", ("calendar", "calendar.events")),
            ("googleDocsOAuth2", "Google Docs OAuth2", ("documents", "drive", "drive.file")),
            ("googleDriveOAuth2", "Google Drive OAuth2", ("drive", "drive.appdata", "drive.photos.readonly")),
            ("googleSheetsOAuth2", "Google Sheets OAuth2", ("drive.file", "spreadsheets", "drive.metadata")),
        )
    ),
    login(
        "microsoftOutlookOAuth2",
        "Microsoft Outlook OAuth2",
        authorize="https://login.microsoftonline.com/<tenantId>/oauth2/v2.0/authorize",
        token="https://login.microsoftonline.com/<tenantId>/oauth2/v2.0/token",
        scope="openid offline_access Contacts.Read Contacts.ReadWrite Calendars.Read Calendars.Read.Shared Calendars.ReadWrite "
        "Mail.Read Mail.ReadWrite Mail.ReadWrite.Shared Mail.Send Mail.Send.Shared MailboxSettings.Read",
    ),
)
