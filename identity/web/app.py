"""An application of a service: its life, and the one place where errors become answers."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.errors import LockstepError
from identity.web.reading import desk_answer, json_answer

WORDS = {404: "not_found", 405: "method_not_allowed"}

Background = Callable[[], Awaitable[None]]
"""Work beside the requests, for as long as the application runs."""


def new_app(title: str, service: str, background: Background | None = None) -> FastAPI:
    """An application without routes; `background` is started and ended with it. `service` names its log lines."""

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        task = None if background is None else asyncio.ensure_future(background())
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    app = FastAPI(title=title, version="1", docs_url=None, redoc_url=None, lifespan=life)
    app.add_exception_handler(LockstepError, _known)
    app.add_exception_handler(RequestValidationError, _bad_address)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(Exception, partial(_fault, service))
    return app


class WithoutTraces:
    """The application for a server that would log the text of a fault: by then it is told, and its text held back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on; a fault of a request, which has had its answer, ends here."""
        try:
            await self._app(scope, receive, send)
        except Exception:
            if scope["type"] != "http":
                raise


async def _known(_request: Request, error: Exception) -> Response:
    return desk_answer(error)


async def _bad_address(_request: Request, _error: Exception) -> Response:
    """A part of the address that can't be: the framework's own page would repeat it."""
    return json_answer({"error": "not_found"}, 404)


async def _no_route(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    word = WORDS.get(error.status_code, "refused")
    return json_answer({"error": word}, error.status_code, {"Cache-Control": "no-store", **(error.headers or {})})


async def _fault(service: str, request: Request, error: Exception) -> Response:
    """A fault of ours. Its text stays here: it could hold what was sent."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    route = getattr(request.scope.get("route"), "path", "")
    log = structlog.get_logger(service)
    log.error("fault", action="http.fault", route=route, kind=type(error).__name__, places=places)
    return json_answer({"error": "server_error"}, 500)
