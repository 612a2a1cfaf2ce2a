"""What `scripts/bench` consists of."""
