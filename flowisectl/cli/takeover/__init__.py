"""What `flowisectl migrate check` looks at: whether a running Flowise could be taken over as it is. Nothing here writes."""
