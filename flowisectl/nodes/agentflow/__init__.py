"""The nodes of AgentFlow V2."""
