"""A flow, or a workspace, as an MCP server."""
