"""Requests that no route takes."""

from __future__ import annotations

from quart import Quart, Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from flowisectl.web.errors import HttpError, to_answer
from flowisectl.web.missing_ids import missing_id
from flowisectl.web.pages.front_page import front_page


def register_missing_routes(app: Quart) -> None:
    """An unknown path is a 404 in the standard error's form. A browser that opens an address which takes only other methods
    gets the page that says what runs here, as clients know it. A path that only lacks its id is a 412."""

    async def no_route(_error: NotFound) -> Response:
        if missing := missing_id(request.method, request.path):
            return to_answer(HttpError(412, missing)).to_response()
        message = f"No route takes {request.method} {request.path}; the documented ones are under /api/v1"
        return to_answer(HttpError(404, message)).to_response()

    async def other_method(error: MethodNotAllowed) -> Response:
        if missing := missing_id(request.method, request.path):
            return to_answer(HttpError(412, missing)).to_response()
        if request.method in ("GET", "HEAD"):
            return await front_page()
        allowed = ", ".join(sorted(error.valid_methods or ()))
        response = to_answer(HttpError(405, f"{request.path} does not take {request.method}, only {allowed}")).to_response()
        response.headers["Allow"] = allowed
        return response

    app.register_error_handler(NotFound, no_route)
    app.register_error_handler(MethodNotAllowed, other_method)
