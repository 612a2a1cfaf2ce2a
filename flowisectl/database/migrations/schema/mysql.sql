-- Flowise's tables for an empty MySQL or MariaDB database, as its own migrations leave them behind, with the same names of keys and
-- indexes. On purpose otherwise: texts may be longer (Flowise's `text` ends at 64 KiB), and what tells sessions, chats and API keys
-- apart is compared byte by byte. {collation} is Flowise's: tables that a later Flowise adds can only refer to keys of the same one.
-- Accounts first: others refer to them.
CREATE TABLE "user" (
  "id" varchar(36) NOT NULL DEFAULT (UUID()) PRIMARY KEY,
  "name" varchar(100) NOT NULL,
  "email" varchar(255) NOT NULL UNIQUE,
  "credential" longtext,
  "tempToken" longtext,
  "tokenExpiry" datetime(6),
  "status" varchar(20) NOT NULL DEFAULT 'unverified',
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "createdBy" varchar(36) NOT NULL,
  "updatedBy" varchar(36) NOT NULL,
  CONSTRAINT "fk_user_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_user_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "organization" (
  "id" varchar(36) NOT NULL DEFAULT (UUID()) PRIMARY KEY,
  "name" varchar(100) NOT NULL DEFAULT 'Default Organization',
  "customerId" varchar(100),
  "subscriptionId" varchar(100),
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "createdBy" varchar(36) NOT NULL,
  "updatedBy" varchar(36) NOT NULL,
  CONSTRAINT "fk_organization_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_organization_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "role" (
  "id" varchar(36) NOT NULL DEFAULT (UUID()) PRIMARY KEY,
  "organizationId" varchar(36),
  "name" varchar(100) NOT NULL,
  "description" longtext,
  "permissions" longtext NOT NULL,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "createdBy" varchar(36),
  "updatedBy" varchar(36),
  CONSTRAINT "fk_role_organizationId" FOREIGN KEY ("organizationId") REFERENCES "organization" ("id"),
  CONSTRAINT "fk_role_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_role_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "workspace" (
  "id" varchar(36) NOT NULL DEFAULT (UUID()) PRIMARY KEY,
  "name" varchar(100) NOT NULL,
  "description" longtext,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "organizationId" varchar(36) NOT NULL,
  "createdBy" varchar(36) NOT NULL,
  "updatedBy" varchar(36) NOT NULL,
  CONSTRAINT "fk_organizationId" FOREIGN KEY ("organizationId") REFERENCES "organization" ("id"),
  CONSTRAINT "fk_workspace_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_workspace_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "organization_user" (
  "organizationId" varchar(36) NOT NULL,
  "userId" varchar(36) NOT NULL,
  "roleId" varchar(36) NOT NULL,
  "status" varchar(20) NOT NULL DEFAULT 'active',
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "createdBy" varchar(36) NOT NULL,
  "updatedBy" varchar(36) NOT NULL,
  PRIMARY KEY ("organizationId", "userId"),
  CONSTRAINT "fk_organization_user_organizationId" FOREIGN KEY ("organizationId") REFERENCES "organization" ("id"),
  CONSTRAINT "fk_organization_user_userId" FOREIGN KEY ("userId") REFERENCES "user" ("id"),
  CONSTRAINT "fk_organization_user_roleId" FOREIGN KEY ("roleId") REFERENCES "role" ("id"),
  CONSTRAINT "fk_organization_user_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_organization_user_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "workspace_user" (
  "workspaceId" varchar(36) NOT NULL,
  "userId" varchar(36) NOT NULL,
  "roleId" varchar(36) NOT NULL,
  "status" varchar(20) NOT NULL DEFAULT 'invited',
  "lastLogin" datetime(6),
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "createdBy" varchar(36) NOT NULL,
  "updatedBy" varchar(36) NOT NULL,
  PRIMARY KEY ("workspaceId", "userId"),
  CONSTRAINT "fk_workspace_user_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id"),
  CONSTRAINT "fk_workspace_user_userId" FOREIGN KEY ("userId") REFERENCES "user" ("id"),
  CONSTRAINT "fk_workspace_user_roleId" FOREIGN KEY ("roleId") REFERENCES "role" ("id"),
  CONSTRAINT "fk_workspace_user_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_workspace_user_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "login_method" (
  "id" varchar(36) NOT NULL DEFAULT (UUID()) PRIMARY KEY,
  "organizationId" varchar(36),
  "name" varchar(100) NOT NULL,
  "config" longtext NOT NULL,
  "status" varchar(20) NOT NULL DEFAULT 'enable',
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "createdBy" varchar(36),
  "updatedBy" varchar(36),
  CONSTRAINT "fk_login_method_organizationId" FOREIGN KEY ("organizationId") REFERENCES "organization" ("id"),
  CONSTRAINT "fk_login_method_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_login_method_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "apikey" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "apiKey" varchar(255) COLLATE utf8mb4_bin NOT NULL,
  "apiSecret" varchar(255) NOT NULL,
  "keyName" varchar(255) NOT NULL,
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "workspaceId" varchar(36),
  "permissions" longtext NOT NULL DEFAULT (JSON_ARRAY()),
  CONSTRAINT "fk_apikey_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "assistant" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "credential" varchar(36) NOT NULL,
  "details" longtext NOT NULL,
  "iconSrc" longtext,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "workspaceId" varchar(36),
  "type" longtext,
  CONSTRAINT "fk_assistant_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "chat_flow" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "flowData" longtext NOT NULL,
  "deployed" tinyint(1),
  "isPublic" tinyint(1),
  "apikeyid" varchar(255),
  "chatbotConfig" longtext,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "apiConfig" longtext,
  "analytic" longtext,
  "category" longtext,
  "speechToText" longtext,
  "type" varchar(20) NOT NULL DEFAULT 'CHATFLOW',
  "workspaceId" varchar(36),
  "followUpPrompts" longtext,
  "textToSpeech" longtext,
  "mcpServerConfig" longtext,
  "webhookSecret" longtext,
  "webhookSecretConfigured" tinyint(1) DEFAULT 0,
  CONSTRAINT "fk_chat_flow_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "chat_message" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "role" varchar(255) NOT NULL,
  "chatflowid" varchar(36) NOT NULL,
  "content" longtext NOT NULL,
  "sourceDocuments" longtext,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "chatType" varchar(255) NOT NULL DEFAULT 'INTERNAL',
  "chatId" varchar(255) COLLATE utf8mb4_bin NOT NULL,
  "memoryType" varchar(255),
  "sessionId" varchar(255) COLLATE utf8mb4_bin,
  "usedTools" longtext,
  "fileAnnotations" longtext,
  "fileUploads" longtext,
  "leadEmail" longtext,
  "agentReasoning" longtext,
  "action" longtext,
  "artifacts" longtext,
  "followUpPrompts" longtext,
  "executionId" varchar(36),
  "reasonContent" longtext
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "chat_message_feedback" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "chatflowid" varchar(36) NOT NULL,
  "content" longtext,
  "chatId" varchar(255) COLLATE utf8mb4_bin NOT NULL,
  "messageId" varchar(36) NOT NULL,
  "rating" varchar(255) NOT NULL,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "credential" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "credentialName" varchar(255) NOT NULL,
  "encryptedData" longtext NOT NULL,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "workspaceId" varchar(36),
  CONSTRAINT "fk_credential_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "custom_mcp_server" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "serverUrl" longtext NOT NULL,
  "iconSrc" longtext,
  "color" varchar(255),
  "authType" varchar(255) NOT NULL DEFAULT 'NONE',
  "authConfig" longtext,
  "tools" longtext,
  "toolCount" integer NOT NULL DEFAULT 0,
  "status" varchar(255) NOT NULL DEFAULT 'PENDING',
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "workspaceId" varchar(36) NOT NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "custom_template" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "flowData" longtext NOT NULL,
  "description" varchar(255),
  "badge" varchar(255),
  "framework" varchar(255),
  "usecases" varchar(255),
  "type" varchar(255),
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "workspaceId" varchar(36),
  CONSTRAINT "fk_custom_template_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "dataset" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "description" varchar(255),
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "workspaceId" varchar(36),
  CONSTRAINT "fk_dataset_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "dataset_row" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "datasetId" varchar(255) NOT NULL,
  "input" longtext NOT NULL,
  "output" longtext,
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "sequence_no" integer DEFAULT -1
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "document_store" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "description" varchar(255),
  "loaders" longtext,
  "whereUsed" longtext,
  "status" varchar(255) NOT NULL,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "vectorStoreConfig" longtext,
  "embeddingConfig" longtext,
  "recordManagerConfig" longtext,
  "workspaceId" varchar(36),
  CONSTRAINT "fk_document_store_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "document_store_file_chunk" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "docId" varchar(36) NOT NULL,
  "chunkNo" integer NOT NULL,
  "storeId" varchar(36) NOT NULL,
  "pageContent" longtext,
  "metadata" longtext
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "evaluation" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "chatflowId" longtext NOT NULL,
  "chatflowName" longtext NOT NULL,
  "datasetId" varchar(255) NOT NULL,
  "datasetName" varchar(255) NOT NULL,
  "additionalConfig" longtext,
  "evaluationType" varchar(255) NOT NULL,
  "status" varchar(255) NOT NULL,
  "average_metrics" longtext,
  "runDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "workspaceId" varchar(36),
  CONSTRAINT "fk_evaluation_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "evaluation_run" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "evaluationId" varchar(255) NOT NULL,
  "input" longtext NOT NULL,
  "expectedOutput" longtext,
  "actualOutput" longtext,
  "evaluators" longtext,
  "llmEvaluators" longtext,
  "metrics" longtext,
  "runDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "errors" longtext
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "evaluator" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "type" longtext,
  "config" longtext,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "workspaceId" varchar(36),
  CONSTRAINT "fk_evaluator_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "execution" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "executionData" longtext NOT NULL,
  "action" longtext,
  "state" varchar(255) NOT NULL,
  "agentflowId" varchar(36) NOT NULL,
  "sessionId" varchar(255) COLLATE utf8mb4_bin NOT NULL,
  "isPublic" tinyint(1),
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "stoppedDate" datetime(6),
  "workspaceId" varchar(36),
  CONSTRAINT "fk_execution_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "lead" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "chatflowid" varchar(255) NOT NULL,
  "chatId" varchar(255) COLLATE utf8mb4_bin NOT NULL,
  "name" longtext,
  "email" longtext,
  "phone" longtext,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "login_activity" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "username" varchar(255) NOT NULL,
  "activity_code" integer NOT NULL,
  "message" varchar(255) NOT NULL,
  "attemptedDateTime" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "login_mode" varchar(255)
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "schedule_record" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "triggerType" varchar(32) NOT NULL,
  "targetId" varchar(255) NOT NULL,
  "nodeId" longtext,
  "cronExpression" longtext NOT NULL,
  "timezone" varchar(64) NOT NULL DEFAULT 'UTC',
  "enabled" tinyint(1) NOT NULL DEFAULT 1,
  "scheduleInputMode" varchar(16) NOT NULL,
  "defaultInput" longtext,
  "defaultForm" longtext,
  "lastRunAt" datetime(6),
  "nextRunAt" datetime(6),
  "endDate" datetime(6),
  "workspaceId" varchar(36) NOT NULL,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "schedule_trigger_log" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "scheduleRecordId" varchar(255) NOT NULL,
  "triggerType" varchar(32) NOT NULL,
  "targetId" varchar(255) NOT NULL,
  "executionId" varchar(255),
  "status" varchar(32) NOT NULL,
  "error" longtext,
  "elapsedTimeMs" integer,
  "scheduledAt" datetime(6) NOT NULL,
  "workspaceId" varchar(36) NOT NULL,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "tool" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "description" longtext NOT NULL,
  "color" varchar(255) NOT NULL,
  "iconSrc" longtext,
  "schema" longtext,
  "func" longtext,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "workspaceId" varchar(36),
  CONSTRAINT "fk_tool_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "upsert_history" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "chatflowid" varchar(255) NOT NULL,
  "result" longtext NOT NULL,
  "flowData" longtext NOT NULL,
  "date" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "variable" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "value" longtext NOT NULL,
  "type" longtext,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "workspaceId" varchar(36),
  CONSTRAINT "fk_variable_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "workspace_shared" (
  "id" varchar(36) NOT NULL PRIMARY KEY,
  "workspaceId" varchar(36) NOT NULL,
  "sharedItemId" varchar(255) NOT NULL,
  "itemType" varchar(255) NOT NULL,
  "createdDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  "updatedDate" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  CONSTRAINT "fk_workspace_shared_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE TABLE "migrations" (
  "id" int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  "timestamp" bigint NOT NULL,
  "name" varchar(255) NOT NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = {collation};

CREATE INDEX "IDX_a0b59fd66f6e48d2b198123cb6" ON "upsert_history" ("chatflowid");
CREATE INDEX "IDX_chatflow_name" ON "chat_flow" ("name"(191));
CREATE INDEX "IDX_e574527322272fd838f4f0f3d3" ON "chat_message" ("chatflowid");
CREATE INDEX "IDX_e213b811b01405a42309a6a410" ON "document_store_file_chunk" ("storeId");
CREATE INDEX "IDX_e76bae1780b77e56aab1h2asd4" ON "document_store_file_chunk" ("docId");
CREATE INDEX "IDX_custom_mcp_workspace_updated" ON "custom_mcp_server" ("workspaceId", "updatedDate");
CREATE INDEX "IDX_schedule_record_targetId" ON "schedule_record" ("targetId");
CREATE INDEX "IDX_schedule_trigger_log_scheduleRecordId" ON "schedule_trigger_log" ("scheduleRecordId");
CREATE INDEX "IDX_schedule_trigger_log_targetId" ON "schedule_trigger_log" ("targetId");
CREATE INDEX "idx_chat_message_feedback_chatId" ON "chat_message_feedback" ("chatId");
CREATE INDEX "idx_chat_message_feedback_chatflowid" ON "chat_message_feedback" ("chatflowid");
CREATE INDEX "idx_apikey_workspaceId" ON "apikey" ("workspaceId");
CREATE INDEX "idx_assistant_workspaceId" ON "assistant" ("workspaceId");
CREATE INDEX "idx_chat_flow_workspaceId" ON "chat_flow" ("workspaceId");
CREATE INDEX "idx_credential_workspaceId" ON "credential" ("workspaceId");
CREATE INDEX "idx_custom_template_workspaceId" ON "custom_template" ("workspaceId");
CREATE INDEX "idx_dataset_workspaceId" ON "dataset" ("workspaceId");
CREATE INDEX "idx_document_store_workspaceId" ON "document_store" ("workspaceId");
CREATE INDEX "idx_evaluation_workspaceId" ON "evaluation" ("workspaceId");
CREATE INDEX "idx_evaluator_workspaceId" ON "evaluator" ("workspaceId");
CREATE INDEX "idx_execution_workspaceId" ON "execution" ("workspaceId");
CREATE INDEX "idx_tool_workspaceId" ON "tool" ("workspaceId");
CREATE INDEX "idx_variable_workspaceId" ON "variable" ("workspaceId");
CREATE INDEX "idx_workspace_shared_workspaceId" ON "workspace_shared" ("workspaceId");
