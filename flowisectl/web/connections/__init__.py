"""What is done with connections beside Hypercorn, which costs more than all else where predictions are short."""
