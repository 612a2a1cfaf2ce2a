"""Calls that begin runs, and calls that tell of their outcome."""
