"""What nodes hand each other: small protocols and frozen data, no wire and no engine."""
