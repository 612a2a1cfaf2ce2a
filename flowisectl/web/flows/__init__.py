"""A flow as clients see and change it, and what its owner allows."""
