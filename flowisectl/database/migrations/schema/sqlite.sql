-- Flowise's tables as its own migrations leave them behind in SQLite, for an empty database. Accounts first: others refer to them.

CREATE TABLE "user" (
  "id" uuid NOT NULL DEFAULT (
    lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
      || substr('89ab', 1 + abs(random() % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))
  ) PRIMARY KEY,
  "name" varchar(100) NOT NULL,
  "email" varchar(255) NOT NULL UNIQUE,
  "credential" text,
  "tempToken" text,
  "tokenExpiry" timestamp,
  "status" varchar(20) NOT NULL DEFAULT 'unverified',
  "createdDate" timestamp NOT NULL DEFAULT current_timestamp,
  "updatedDate" timestamp NOT NULL DEFAULT current_timestamp,
  "createdBy" uuid NOT NULL,
  "updatedBy" uuid NOT NULL,
  FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "organization" (
  "id" uuid NOT NULL DEFAULT (
    lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
      || substr('89ab', 1 + abs(random() % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))
  ) PRIMARY KEY,
  "name" varchar(100) NOT NULL DEFAULT 'Default Organization',
  "customerId" varchar(100),
  "subscriptionId" varchar(100),
  "createdDate" timestamp NOT NULL DEFAULT current_timestamp,
  "updatedDate" timestamp NOT NULL DEFAULT current_timestamp,
  "createdBy" uuid NOT NULL,
  "updatedBy" uuid NOT NULL,
  FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "role" (
  "id" uuid NOT NULL DEFAULT (
    lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
      || substr('89ab', 1 + abs(random() % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))
  ) PRIMARY KEY,
  "organizationId" uuid,
  "name" varchar(100) NOT NULL,
  "description" text,
  "permissions" text NOT NULL,
  "createdDate" timestamp NOT NULL DEFAULT current_timestamp,
  "updatedDate" timestamp NOT NULL DEFAULT current_timestamp,
  "createdBy" uuid,
  "updatedBy" uuid,
  FOREIGN KEY ("organizationId") REFERENCES "organization" ("id"),
  FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "workspace" (
  "id" uuid NOT NULL DEFAULT (
    lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
      || substr('89ab', 1 + abs(random() % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))
  ) PRIMARY KEY,
  "name" varchar(100) NOT NULL,
  "description" text,
  "createdDate" timestamp NOT NULL DEFAULT current_timestamp,
  "updatedDate" timestamp NOT NULL DEFAULT current_timestamp,
  "organizationId" uuid NOT NULL,
  "createdBy" uuid NOT NULL,
  "updatedBy" uuid NOT NULL,
  FOREIGN KEY ("organizationId") REFERENCES "organization" ("id"),
  FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "organization_user" (
  "organizationId" uuid NOT NULL,
  "userId" uuid NOT NULL,
  "roleId" uuid NOT NULL,
  "status" varchar(20) NOT NULL DEFAULT 'active',
  "createdDate" timestamp NOT NULL DEFAULT current_timestamp,
  "updatedDate" timestamp NOT NULL DEFAULT current_timestamp,
  "createdBy" uuid NOT NULL,
  "updatedBy" uuid NOT NULL,
  PRIMARY KEY ("organizationId", "userId"),
  FOREIGN KEY ("organizationId") REFERENCES "organization" ("id"),
  FOREIGN KEY ("userId") REFERENCES "user" ("id"),
  FOREIGN KEY ("roleId") REFERENCES "role" ("id"),
  FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "workspace_user" (
  "workspaceId" uuid NOT NULL,
  "userId" uuid NOT NULL,
  "roleId" uuid NOT NULL,
  "status" varchar(20) NOT NULL DEFAULT 'invited',
  "lastLogin" timestamp,
  "createdDate" timestamp NOT NULL DEFAULT current_timestamp,
  "updatedDate" timestamp NOT NULL DEFAULT current_timestamp,
  "createdBy" uuid NOT NULL,
  "updatedBy" uuid NOT NULL,
  PRIMARY KEY ("workspaceId", "userId"),
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id"),
  FOREIGN KEY ("userId") REFERENCES "user" ("id"),
  FOREIGN KEY ("roleId") REFERENCES "role" ("id"),
  FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "login_method" (
  "id" uuid NOT NULL DEFAULT (
    lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
      || substr('89ab', 1 + abs(random() % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))
  ) PRIMARY KEY,
  "organizationId" uuid,
  "name" varchar(100) NOT NULL,
  "config" text NOT NULL,
  "status" varchar(20) NOT NULL DEFAULT 'enable',
  "createdDate" timestamp NOT NULL DEFAULT current_timestamp,
  "updatedDate" timestamp NOT NULL DEFAULT current_timestamp,
  "createdBy" uuid,
  "updatedBy" uuid,
  FOREIGN KEY ("organizationId") REFERENCES "organization" ("id"),
  FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "apikey" (
  "id" varchar NOT NULL PRIMARY KEY,
  "apiKey" varchar NOT NULL,
  "apiSecret" varchar NOT NULL,
  "keyName" varchar NOT NULL,
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "workspaceId" varchar,
  "permissions" text NOT NULL DEFAULT '[]',
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "assistant" (
  "id" varchar NOT NULL PRIMARY KEY,
  "credential" varchar NOT NULL,
  "details" text NOT NULL,
  "iconSrc" varchar,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "workspaceId" text,
  "type" text,
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "chat_flow" (
  "id" varchar NOT NULL PRIMARY KEY,
  "name" varchar NOT NULL,
  "flowData" text NOT NULL,
  "deployed" boolean,
  "isPublic" boolean,
  "apikeyid" varchar,
  "chatbotConfig" text,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "apiConfig" text,
  "analytic" text,
  "category" text,
  "speechToText" text,
  "type" varchar(20) NOT NULL DEFAULT 'CHATFLOW',
  "workspaceId" text,
  "followUpPrompts" text,
  "textToSpeech" text,
  "mcpServerConfig" text,
  "webhookSecret" text,
  "webhookSecretConfigured" boolean DEFAULT false,
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "chat_message" (
  "id" varchar NOT NULL PRIMARY KEY,
  "role" varchar NOT NULL,
  "chatflowid" varchar NOT NULL,
  "content" text NOT NULL,
  "sourceDocuments" text,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "chatType" varchar NOT NULL DEFAULT 'INTERNAL',
  "chatId" varchar NOT NULL,
  "memoryType" varchar,
  "sessionId" varchar,
  "usedTools" text,
  "fileAnnotations" text,
  "fileUploads" text,
  "leadEmail" text,
  "agentReasoning" text,
  "action" text,
  "artifacts" text,
  "followUpPrompts" text,
  "executionId" varchar,
  "reasonContent" text
);

CREATE TABLE "chat_message_feedback" (
  "id" varchar NOT NULL PRIMARY KEY,
  "chatflowid" varchar NOT NULL,
  "content" text,
  "chatId" varchar NOT NULL,
  "messageId" varchar NOT NULL,
  "rating" varchar NOT NULL,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now'))
);

CREATE TABLE "credential" (
  "id" varchar NOT NULL PRIMARY KEY,
  "name" varchar NOT NULL,
  "credentialName" varchar NOT NULL,
  "encryptedData" text NOT NULL,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "workspaceId" text,
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "custom_mcp_server" (
  "id" varchar NOT NULL PRIMARY KEY,
  "name" varchar NOT NULL,
  "serverUrl" text NOT NULL,
  "iconSrc" varchar,
  "color" varchar,
  "authType" varchar NOT NULL DEFAULT 'NONE',
  "authConfig" text,
  "tools" text,
  "toolCount" integer NOT NULL DEFAULT 0,
  "status" varchar NOT NULL DEFAULT 'PENDING',
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "workspaceId" text NOT NULL
);

CREATE TABLE "custom_template" (
  "id" varchar NOT NULL PRIMARY KEY,
  "name" varchar NOT NULL,
  "flowData" text NOT NULL,
  "description" varchar,
  "badge" varchar,
  "framework" varchar,
  "usecases" varchar,
  "type" varchar,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "workspaceId" text,
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "dataset" (
  "id" varchar NOT NULL PRIMARY KEY,
  "name" text NOT NULL,
  "description" varchar,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "workspaceId" text,
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "dataset_row" (
  "id" varchar NOT NULL PRIMARY KEY,
  "datasetId" text NOT NULL,
  "input" text NOT NULL,
  "output" text NOT NULL,
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "sequence_no" integer DEFAULT -1
);

CREATE TABLE "document_store" (
  "id" varchar NOT NULL PRIMARY KEY,
  "name" varchar NOT NULL,
  "description" varchar,
  "loaders" text,
  "whereUsed" text,
  "status" varchar NOT NULL,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "vectorStoreConfig" text,
  "embeddingConfig" text,
  "recordManagerConfig" text,
  "workspaceId" text,
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "document_store_file_chunk" (
  "id" varchar NOT NULL PRIMARY KEY,
  "docId" varchar NOT NULL,
  "chunkNo" integer NOT NULL,
  "storeId" varchar NOT NULL,
  "pageContent" text,
  "metadata" text
);

CREATE TABLE "evaluation" (
  "id" varchar NOT NULL PRIMARY KEY,
  "name" varchar NOT NULL,
  "chatflowId" text NOT NULL,
  "chatflowName" text NOT NULL,
  "datasetId" varchar NOT NULL,
  "datasetName" varchar NOT NULL,
  "additionalConfig" text,
  "evaluationType" varchar,
  "status" varchar NOT NULL,
  "average_metrics" text,
  "runDate" datetime NOT NULL DEFAULT (datetime('now')),
  "workspaceId" text,
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "evaluation_run" (
  "id" varchar NOT NULL PRIMARY KEY,
  "evaluationId" text NOT NULL,
  "input" text NOT NULL,
  "expectedOutput" text NOT NULL,
  "actualOutput" text NOT NULL,
  "evaluators" text,
  "llmEvaluators" text,
  "metrics" text,
  "runDate" datetime NOT NULL DEFAULT (datetime('now')),
  "errors" text DEFAULT '[]'
);

CREATE TABLE "evaluator" (
  "id" varchar NOT NULL PRIMARY KEY,
  "name" text NOT NULL,
  "type" varchar,
  "config" text,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "workspaceId" text,
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "execution" (
  "id" varchar NOT NULL PRIMARY KEY,
  "executionData" text NOT NULL,
  "action" text,
  "state" varchar NOT NULL,
  "agentflowId" varchar NOT NULL,
  "sessionId" varchar NOT NULL,
  "isPublic" boolean,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "stoppedDate" datetime,
  "workspaceId" varchar,
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "lead" (
  "id" varchar NOT NULL PRIMARY KEY,
  "chatflowid" varchar NOT NULL,
  "chatId" varchar NOT NULL,
  "name" text,
  "email" text,
  "phone" text,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now'))
);

CREATE TABLE "login_activity" (
  "id" varchar NOT NULL PRIMARY KEY,
  "username" varchar NOT NULL,
  "activity_code" integer NOT NULL,
  "message" varchar NOT NULL,
  "attemptedDateTime" datetime NOT NULL DEFAULT (datetime('now')),
  "login_mode" varchar
);

CREATE TABLE "schedule_record" (
  "id" varchar NOT NULL PRIMARY KEY,
  "triggerType" varchar(32) NOT NULL,
  "targetId" varchar NOT NULL,
  "nodeId" text,
  "cronExpression" text NOT NULL,
  "timezone" varchar(64) NOT NULL DEFAULT 'UTC',
  "enabled" boolean NOT NULL DEFAULT 1,
  "scheduleInputMode" varchar(16) NOT NULL,
  "defaultInput" text,
  "defaultForm" text,
  "lastRunAt" datetime,
  "nextRunAt" datetime,
  "endDate" datetime,
  "workspaceId" varchar NOT NULL,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now'))
);

CREATE TABLE "schedule_trigger_log" (
  "id" varchar NOT NULL PRIMARY KEY,
  "scheduleRecordId" varchar NOT NULL,
  "triggerType" varchar(32) NOT NULL,
  "targetId" varchar NOT NULL,
  "executionId" varchar,
  "status" varchar(32) NOT NULL,
  "error" text,
  "elapsedTimeMs" integer,
  "scheduledAt" datetime NOT NULL,
  "workspaceId" varchar NOT NULL,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now'))
);

CREATE TABLE "tool" (
  "id" varchar NOT NULL PRIMARY KEY,
  "name" varchar NOT NULL,
  "description" text NOT NULL,
  "color" varchar NOT NULL,
  "iconSrc" varchar,
  "schema" text,
  "func" text,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "workspaceId" text,
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "upsert_history" (
  "id" varchar NOT NULL PRIMARY KEY,
  "chatflowid" varchar NOT NULL,
  "result" text NOT NULL,
  "flowData" text NOT NULL,
  "date" datetime NOT NULL DEFAULT (datetime('now'))
);

CREATE TABLE "variable" (
  "id" varchar NOT NULL PRIMARY KEY,
  "name" text NOT NULL,
  "value" text NOT NULL,
  "type" varchar,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  "workspaceId" text,
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "workspace_shared" (
  "id" varchar NOT NULL PRIMARY KEY,
  "workspaceId" varchar NOT NULL,
  "sharedItemId" varchar NOT NULL,
  "itemType" varchar NOT NULL,
  "createdDate" datetime NOT NULL DEFAULT (datetime('now')),
  "updatedDate" datetime NOT NULL DEFAULT (datetime('now')),
  FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "migrations" (
  "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  "timestamp" bigint NOT NULL,
  "name" varchar NOT NULL
);

CREATE INDEX "IDX_chatflow_name" ON "chat_flow" (substr("name", 1, 255));
CREATE INDEX "IDX_e574527322272fd838f4f0f3d3" ON "chat_message" ("chatflowid");
CREATE INDEX "IDX_e213b811b01405a42309a6a410" ON "document_store_file_chunk" ("storeId");
CREATE INDEX "IDX_e76bae1780b77e56aab1h2asd4" ON "document_store_file_chunk" ("docId");
CREATE INDEX "IDX_custom_mcp_workspace_updated" ON "custom_mcp_server" ("workspaceId", "updatedDate");
CREATE INDEX "IDX_schedule_record_targetId" ON "schedule_record" ("targetId");
CREATE INDEX "IDX_schedule_trigger_log_scheduleRecordId" ON "schedule_trigger_log" ("scheduleRecordId");
CREATE INDEX "IDX_schedule_trigger_log_targetId" ON "schedule_trigger_log" ("targetId");
CREATE INDEX "idx_execution_workspaceId" ON "execution" ("workspaceId");
