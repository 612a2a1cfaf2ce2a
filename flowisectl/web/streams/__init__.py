"""Answers that take their time: open streams, the way of their bytes, speech."""
