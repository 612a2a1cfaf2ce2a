"""Requests as data: bodies, forms, ids, pages, and the lines and spans that tell of them."""
