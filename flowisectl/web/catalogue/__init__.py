"""Nodes and credentials as an editor shows them: choices, pictures, fields."""
