"""AgentFlow V2: a pure schedule decides which node may run, the executor only awaits."""
