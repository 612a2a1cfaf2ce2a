"""What any run of a flow is given, and what it leaves behind: the engine and the adapters, put together for one run."""
