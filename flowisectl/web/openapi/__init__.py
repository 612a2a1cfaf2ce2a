"""The description of the API, and the page to read it."""
