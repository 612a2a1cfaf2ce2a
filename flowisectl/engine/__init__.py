"""Runs a flow. No HTTP, no Redis, no SQL, no environment: what a run needs it asks for through engine/context.py."""
