"""The texts that the server itself adds to what models and clients get: the table of ours, and what an operator puts in their place."""
