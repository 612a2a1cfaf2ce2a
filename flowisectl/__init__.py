"""flowisectl serves Flowise flows: a main server, workers and an all-in-one supervisor, operated from a terminal."""

__version__ = "0.1.0"

FLOWISE_VERSION = "3.1.2"
"""The version of Flowise whose API and database this program speaks; `GET /api/v1/version` answers it."""
