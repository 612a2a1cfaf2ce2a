"""What the operator may set. Plain data; imports nothing else of this project."""
