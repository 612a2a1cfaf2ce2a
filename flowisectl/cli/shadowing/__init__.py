"""What `flowisectl shadow` does: finished predictions are asked again of a running Flowise, and the answers compared."""
