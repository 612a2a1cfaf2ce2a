"""Sequential agents and multi agents: the graphs of agents that came before AgentFlow V2."""
