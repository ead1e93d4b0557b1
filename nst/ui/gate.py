"""What stands before the whole server: doors that this app does not use stay shut, and errors tell nothing.

Gradio serves much that some apps need: it passes on pages of other machines, runs FFmpeg on what is sent, keeps a
visitor's fields as a link. It puts no limit on the size of a request that is no upload. And it answers what it cannot
read with its own words, or none.
"""

from __future__ import annotations

import logging
import re
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("nst")
_SHUT = re.compile(
    r"/gradio_api/(file[=/]\s*[a-z][a-z0-9+.-]*:|proxy=|process_recording|deep_link|vibe-|undo-vibe|dev/)"
    r"|^/gradio_api/(monitoring|run-history)|^/monitoring",
    re.IGNORECASE,
)
MOST_BYTES = 64 << 20
"""Of a request that is no upload; pictures may travel in it as data URLs."""
MOST_UPLOAD_BYTES = 600 << 20
"""Of all files of an upload together."""
_SENTENCES = {
    HTTPStatus.BAD_REQUEST: "This request cannot be read.",
    HTTPStatus.FORBIDDEN: "This is not served here.",
    HTTPStatus.NOT_FOUND: "There is nothing of that name here.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This is not how that is asked for.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "This request is too large: send files as uploads, up to 500 MB.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This request is not of the form that is expected here.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "This request cannot be answered: check its name and its arguments.",
}


def app_options(*behind: Middleware) -> dict:
    """Arguments for the FastAPI app beneath the page, with what stands behind the gate."""
    return {
        "middleware": [Middleware(Gate), *behind],
        "exception_handlers": {HTTPException: _http_error, RequestValidationError: _validation_error},
    }


def _answer(status: int) -> JSONResponse:
    return JSONResponse({"detail": _SENTENCES[HTTPStatus(status)]}, status)


async def _http_error(_: Request, error: HTTPException) -> JSONResponse:
    # Others, such as that the queue is full, are Gradio's sentences for its own page.
    if error.status_code in _SENTENCES and isinstance(error.detail, str):
        return _answer(error.status_code)
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


async def _validation_error(_: Request, __: RequestValidationError) -> JSONResponse:
    return _answer(HTTPStatus.UNPROCESSABLE_ENTITY)


class Gate:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        most = MOST_UPLOAD_BYTES if path.rstrip("/").endswith("/gradio_api/upload") else MOST_BYTES
        if _SHUT.search(path):
            await _answer(HTTPStatus.FORBIDDEN)(scope, receive, send)
            return
        if _announced(scope) > most:
            await _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)(scope, receive, send)
            return
        begun, replaced, received = False, False, 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        async def noted(message: Message) -> None:
            nonlocal begun, replaced
            if message["type"] == "http.response.start":
                begun = True
                # What Gradio says of a handler's failure is no sentence, or none at all.
                replaced = message["status"] == HTTPStatus.INTERNAL_SERVER_ERROR
                if replaced:
                    await _answer(HTTPStatus.INTERNAL_SERVER_ERROR)(scope, receive, send)
            if not replaced:
                await send(message)

        try:
            await self._app(scope, counted, noted)
        except Exception as error:
            if begun:
                raise
            _log.warning("a request to %r failed: %s", path[:80], type(error).__name__)
            await _answer(HTTPStatus.INTERNAL_SERVER_ERROR)(scope, receive, send)


def _announced(scope: Scope) -> int:
    """Bytes of the body, as far as the header tells."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    return int(length) if length.isdigit() else 0
