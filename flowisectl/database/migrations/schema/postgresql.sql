-- Flowise's tables as its own migrations leave them behind in PostgreSQL, for an empty database. Accounts first: others refer to them.
-- {new_uuid} stands for the server's function that makes a UUID v4.

CREATE TABLE "user" (
  "id" uuid NOT NULL DEFAULT {new_uuid} PRIMARY KEY,
  "name" varchar(100) NOT NULL,
  "email" varchar(255) NOT NULL UNIQUE,
  "credential" text,
  "tempToken" text,
  "tokenExpiry" timestamp,
  "status" varchar(20) NOT NULL DEFAULT 'unverified',
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "createdBy" uuid NOT NULL,
  "updatedBy" uuid NOT NULL,
  CONSTRAINT "fk_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "organization" (
  "id" uuid NOT NULL DEFAULT {new_uuid} PRIMARY KEY,
  "name" varchar(100) NOT NULL DEFAULT 'Default Organization',
  "customerId" varchar(100),
  "subscriptionId" varchar(100),
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "createdBy" uuid NOT NULL,
  "updatedBy" uuid NOT NULL,
  CONSTRAINT "fk_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "role" (
  "id" uuid NOT NULL DEFAULT {new_uuid} PRIMARY KEY,
  "organizationId" uuid,
  "name" varchar(100) NOT NULL,
  "description" text,
  "permissions" text NOT NULL,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "createdBy" uuid,
  "updatedBy" uuid,
  CONSTRAINT "fk_organizationId" FOREIGN KEY ("organizationId") REFERENCES "organization" ("id"),
  CONSTRAINT "fk_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "workspace" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_98719043dd804f55-9830ab99f8" PRIMARY KEY,
  "name" varchar(100) NOT NULL,
  "description" text,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "organizationId" uuid NOT NULL,
  "createdBy" uuid NOT NULL,
  "updatedBy" uuid NOT NULL,
  CONSTRAINT "fk_organizationId" FOREIGN KEY ("organizationId") REFERENCES "organization" ("id"),
  CONSTRAINT "fk_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "organization_user" (
  "organizationId" uuid NOT NULL,
  "userId" uuid NOT NULL,
  "roleId" uuid NOT NULL,
  "status" varchar(20) NOT NULL DEFAULT 'active',
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "createdBy" uuid NOT NULL,
  "updatedBy" uuid NOT NULL,
  CONSTRAINT "pk_organization_user" PRIMARY KEY ("organizationId", "userId"),
  CONSTRAINT "fk_organizationId" FOREIGN KEY ("organizationId") REFERENCES "organization" ("id"),
  CONSTRAINT "fk_userId" FOREIGN KEY ("userId") REFERENCES "user" ("id"),
  CONSTRAINT "fk_roleId" FOREIGN KEY ("roleId") REFERENCES "role" ("id"),
  CONSTRAINT "fk_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "workspace_user" (
  "workspaceId" uuid NOT NULL,
  "userId" uuid NOT NULL,
  "roleId" uuid NOT NULL,
  "status" varchar(20) NOT NULL DEFAULT 'invited',
  "lastLogin" timestamp,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "createdBy" uuid NOT NULL,
  "updatedBy" uuid NOT NULL,
  CONSTRAINT "pk_workspace_user" PRIMARY KEY ("workspaceId", "userId"),
  CONSTRAINT "fk_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id"),
  CONSTRAINT "fk_userId" FOREIGN KEY ("userId") REFERENCES "user" ("id"),
  CONSTRAINT "fk_roleId" FOREIGN KEY ("roleId") REFERENCES "role" ("id"),
  CONSTRAINT "fk_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "login_method" (
  "id" uuid NOT NULL DEFAULT {new_uuid} PRIMARY KEY,
  "organizationId" uuid,
  "name" varchar(100) NOT NULL,
  "config" text NOT NULL,
  "status" varchar(20) NOT NULL DEFAULT 'enable',
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "createdBy" uuid,
  "updatedBy" uuid,
  CONSTRAINT "fk_organizationId" FOREIGN KEY ("organizationId") REFERENCES "organization" ("id"),
  CONSTRAINT "fk_createdBy" FOREIGN KEY ("createdBy") REFERENCES "user" ("id"),
  CONSTRAINT "fk_updatedBy" FOREIGN KEY ("updatedBy") REFERENCES "user" ("id")
);

CREATE TABLE "apikey" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_96109043dd704f53-9830ab78f0" PRIMARY KEY,
  "apiKey" varchar NOT NULL,
  "apiSecret" varchar NOT NULL,
  "keyName" varchar NOT NULL,
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "workspaceId" uuid,
  "permissions" jsonb NOT NULL DEFAULT '[]',
  CONSTRAINT "fk_apikey_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "assistant" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_3c7cea7a044ac4c92764576cdbf" PRIMARY KEY,
  "credential" uuid NOT NULL,
  "details" text NOT NULL,
  "iconSrc" varchar,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "workspaceId" uuid,
  "type" text,
  CONSTRAINT "fk_assistant_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "chat_flow" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_3c7cea7d047ac4b91764574cdbf" PRIMARY KEY,
  "name" varchar NOT NULL,
  "flowData" text NOT NULL,
  "deployed" boolean,
  "isPublic" boolean,
  "apikeyid" varchar,
  "chatbotConfig" text,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "apiConfig" text,
  "analytic" text,
  "category" text,
  "speechToText" text,
  "type" varchar(20) NOT NULL DEFAULT 'CHATFLOW',
  "workspaceId" uuid,
  "followUpPrompts" text,
  "textToSpeech" text,
  "mcpServerConfig" text,
  "webhookSecret" text,
  "webhookSecretConfigured" boolean DEFAULT false,
  CONSTRAINT "fk_chat_flow_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "chat_message" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_3cc0d85193aade457d3077dd06b" PRIMARY KEY,
  "role" varchar NOT NULL,
  "chatflowid" uuid NOT NULL,
  "content" text NOT NULL,
  "sourceDocuments" text,
  "createdDate" timestamp NOT NULL DEFAULT now(),
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
  "executionId" uuid,
  "reasonContent" text
);

CREATE TABLE "chat_message_feedback" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_98419043dd704f54-9830ab78f9" PRIMARY KEY,
  "chatflowid" uuid NOT NULL,
  "content" text,
  "chatId" varchar NOT NULL,
  "messageId" uuid NOT NULL,
  "rating" varchar NOT NULL,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  CONSTRAINT "UQ_6352078b5a294f2d22179ea7956" UNIQUE ("messageId")
);

CREATE TABLE "credential" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_3a5169bcd3d5463cefeec78be82" PRIMARY KEY,
  "name" varchar NOT NULL,
  "credentialName" varchar NOT NULL,
  "encryptedData" text NOT NULL,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "workspaceId" uuid,
  CONSTRAINT "fk_credential_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "custom_mcp_server" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_custom_mcp_server_id" PRIMARY KEY,
  "name" varchar NOT NULL,
  "serverUrl" text NOT NULL,
  "iconSrc" varchar,
  "color" varchar,
  "authType" varchar NOT NULL DEFAULT 'NONE',
  "authConfig" text,
  "tools" text,
  "toolCount" integer NOT NULL DEFAULT 0,
  "status" varchar NOT NULL DEFAULT 'PENDING',
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "workspaceId" text NOT NULL
);

CREATE TABLE "custom_template" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_3c7cea7d087ac4b91764574cdbf" PRIMARY KEY,
  "name" varchar NOT NULL,
  "flowData" text NOT NULL,
  "description" varchar,
  "badge" varchar,
  "framework" varchar,
  "usecases" varchar,
  "type" varchar,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "workspaceId" uuid,
  CONSTRAINT "fk_custom_template_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "dataset" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_98419043dd804f54-9830ab99f8" PRIMARY KEY,
  "name" varchar NOT NULL,
  "description" varchar,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "workspaceId" uuid,
  CONSTRAINT "fk_dataset_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "dataset_row" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_98909027dd804f54-9840ab99f8" PRIMARY KEY,
  "datasetId" varchar NOT NULL,
  "input" text NOT NULL,
  "output" text,
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "sequence_no" integer DEFAULT -1
);

CREATE TABLE "document_store" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_98495043dd774f54-9830ab78f9" PRIMARY KEY,
  "name" varchar NOT NULL,
  "description" varchar,
  "loaders" text,
  "whereUsed" text,
  "status" varchar NOT NULL,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "vectorStoreConfig" text,
  "embeddingConfig" text,
  "recordManagerConfig" text,
  "workspaceId" uuid,
  CONSTRAINT "fk_document_store_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "document_store_file_chunk" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_90005043dd774f54-9830ab78f9" PRIMARY KEY,
  "docId" uuid NOT NULL,
  "chunkNo" integer NOT NULL,
  "storeId" uuid NOT NULL,
  "pageContent" text,
  "metadata" text
);

CREATE TABLE "evaluation" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_98989043dd804f54-9830ab99f8" PRIMARY KEY,
  "name" varchar NOT NULL,
  "chatflowId" text NOT NULL,
  "chatflowName" text NOT NULL,
  "datasetId" varchar NOT NULL,
  "datasetName" varchar NOT NULL,
  "additionalConfig" text,
  "evaluationType" varchar NOT NULL,
  "status" varchar NOT NULL,
  "average_metrics" text,
  "runDate" timestamp NOT NULL DEFAULT now(),
  "workspaceId" uuid,
  CONSTRAINT "fk_evaluation_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "evaluation_run" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_98989927dd804f54-9840ab23f8" PRIMARY KEY,
  "evaluationId" varchar NOT NULL,
  "input" text NOT NULL,
  "expectedOutput" text,
  "actualOutput" text,
  "evaluators" text,
  "llmEvaluators" text,
  "metrics" text,
  "runDate" timestamp NOT NULL DEFAULT now(),
  "errors" text DEFAULT '[]'
);

CREATE TABLE "evaluator" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_90019043dd804f54-9830ab11f8" PRIMARY KEY,
  "name" varchar NOT NULL,
  "type" text,
  "config" text,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "workspaceId" uuid,
  CONSTRAINT "fk_evaluator_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "execution" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_936a419c3b8044598d72d95da61" PRIMARY KEY,
  "executionData" text NOT NULL,
  "action" text,
  "state" varchar NOT NULL,
  "agentflowId" uuid NOT NULL,
  "sessionId" varchar NOT NULL,
  "isPublic" boolean,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "stoppedDate" timestamp,
  "workspaceId" uuid,
  CONSTRAINT "fk_execution_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "lead" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_98419043dd704f54-9830ab78f0" PRIMARY KEY,
  "chatflowid" varchar NOT NULL,
  "chatId" varchar NOT NULL,
  "name" text,
  "email" text,
  "phone" text,
  "createdDate" timestamp NOT NULL DEFAULT now()
);

CREATE TABLE "login_activity" (
  "id" uuid NOT NULL DEFAULT {new_uuid} PRIMARY KEY,
  "username" varchar NOT NULL,
  "activity_code" integer NOT NULL,
  "message" varchar NOT NULL,
  "attemptedDateTime" timestamp NOT NULL DEFAULT now(),
  "login_mode" varchar
);

CREATE TABLE "schedule_record" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_schedule_record" PRIMARY KEY,
  "triggerType" varchar(32) NOT NULL,
  "targetId" varchar NOT NULL,
  "nodeId" text,
  "cronExpression" text NOT NULL,
  "timezone" varchar(64) NOT NULL DEFAULT 'UTC',
  "enabled" boolean NOT NULL DEFAULT true,
  "scheduleInputMode" varchar(16) NOT NULL,
  "defaultInput" text,
  "defaultForm" text,
  "lastRunAt" timestamp,
  "nextRunAt" timestamp,
  "endDate" timestamp,
  "workspaceId" varchar NOT NULL,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now()
);

CREATE TABLE "schedule_trigger_log" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_schedule_trigger_log" PRIMARY KEY,
  "scheduleRecordId" varchar NOT NULL,
  "triggerType" varchar(32) NOT NULL,
  "targetId" varchar NOT NULL,
  "executionId" varchar,
  "status" varchar(32) NOT NULL,
  "error" text,
  "elapsedTimeMs" integer,
  "scheduledAt" timestamp NOT NULL,
  "workspaceId" varchar NOT NULL,
  "createdDate" timestamp NOT NULL DEFAULT now()
);

CREATE TABLE "tool" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_3bf5b1016a384916073184f99b7" PRIMARY KEY,
  "name" varchar NOT NULL,
  "description" text NOT NULL,
  "color" varchar NOT NULL,
  "iconSrc" varchar,
  "schema" text,
  "func" text,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "workspaceId" uuid,
  CONSTRAINT "fk_tool_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "upsert_history" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_37327b22b6e246319bd5eeb0e88" PRIMARY KEY,
  "chatflowid" varchar NOT NULL,
  "result" text NOT NULL,
  "flowData" text NOT NULL,
  "date" timestamp NOT NULL DEFAULT now()
);

CREATE TABLE "variable" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_98419043dd704f54-9830ab78f8" PRIMARY KEY,
  "name" varchar NOT NULL,
  "value" text NOT NULL,
  "type" text,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  "workspaceId" uuid,
  CONSTRAINT "fk_variable_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "workspace_shared" (
  "id" uuid NOT NULL DEFAULT {new_uuid} CONSTRAINT "PK_90016043dd804f55-9830ab97f8" PRIMARY KEY,
  "workspaceId" uuid NOT NULL,
  "sharedItemId" varchar NOT NULL,
  "itemType" varchar NOT NULL,
  "createdDate" timestamp NOT NULL DEFAULT now(),
  "updatedDate" timestamp NOT NULL DEFAULT now(),
  CONSTRAINT "fk_workspace_shared_workspaceId" FOREIGN KEY ("workspaceId") REFERENCES "workspace" ("id")
);

CREATE TABLE "migrations" (
  "id" serial CONSTRAINT "PK_8c82d7f526340ab734260ea46be" PRIMARY KEY,
  "timestamp" bigint NOT NULL,
  "name" varchar NOT NULL
);

CREATE INDEX "IDX_chatflow_name" ON "chat_flow" (SUBSTRING("name" FROM 1 FOR 255));
CREATE INDEX "IDX_e574527322272fd838f4f0f3d3" ON "chat_message" ("chatflowid");
CREATE INDEX "IDX_f56c36fe42894d57e5c664d229" ON "chat_message" ("chatflowid");
CREATE INDEX "IDX_e213b811b01405a42309a6a410" ON "document_store_file_chunk" ("storeId");
CREATE INDEX "IDX_e76bae1780b77e56aab1h2asd4" ON "document_store_file_chunk" ("docId");
CREATE INDEX "IDX_custom_mcp_workspace_updated" ON "custom_mcp_server" ("workspaceId", "updatedDate");
CREATE INDEX "IDX_schedule_record_targetId" ON "schedule_record" ("targetId");
CREATE INDEX "IDX_schedule_trigger_log_scheduleRecordId" ON "schedule_trigger_log" ("scheduleRecordId");
CREATE INDEX "IDX_schedule_trigger_log_targetId" ON "schedule_trigger_log" ("targetId");
CREATE INDEX "IDX_9acddcb7a2b51fe37669049fc6" ON "chat_message_feedback" ("chatId");
CREATE INDEX "IDX_f56c36fe42894d57e5c664d230" ON "chat_message_feedback" ("chatflowid");
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
