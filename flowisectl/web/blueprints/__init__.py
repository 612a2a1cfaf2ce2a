"""One module for each group of routes: read the request, call one thing, shape the answer."""
