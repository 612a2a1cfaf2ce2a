"""Data in, rich renderable out; no input, no output."""
