"""The catalogue: one small declarative module for each node type, in a folder for each category."""
