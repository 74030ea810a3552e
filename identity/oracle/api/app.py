"""The oracle's application: its name for verifiers, the investors' part, and the routers of the other rooms."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request, Response

from identity.oracle.api.investor import InvestorDesk, enrolment_router, investor_router
from identity.oracle.api.wallets import wallet_router
from identity.oracle.presenting.errors import AssetUnknown, SessionRefused
from identity.refusals import TooManyRequests
from identity.web.app import Background, new_app
from identity.web.reading import NO_STORE, json_answer

DID_DOCUMENT = "application/did+json"


def create_app(
    desk: InvestorDesk, public_url: str, routers: Sequence[APIRouter] = (), background: Background | None = None
) -> FastAPI:
    """The application; `routers` are those of staff and machines, `background` is started and ended with it."""
    app = new_app("Lockstep oracle", "oracle", background)
    path = urlsplit(public_url).path
    app.include_router(_identity_router(desk, path))
    for router in (enrolment_router(desk), wallet_router(desk), investor_router(desk), *routers):
        app.include_router(router, prefix=path)
    app.add_exception_handler(SessionRefused, _no_session)
    app.add_exception_handler(AssetUnknown, _no_asset)
    app.add_exception_handler(TooManyRequests, _too_many)
    return app


def _identity_router(desk: InvestorDesk, path: str) -> APIRouter:
    router = APIRouter(tags=["Identity"])

    @router.get(f"{path}/did.json" if path else "/.well-known/did.json")
    async def document() -> Response:
        """The oracle's DID document: the keys of its request objects and decisions."""
        return json_answer(desk.identity.document(), headers={"Cache-Control": "max-age=60"})

    return router


async def _no_session(_request: Request, error: Exception) -> Response:
    body = {"error": type(error).__name__, "detail": str(error)}
    return json_answer(body, 401, {**NO_STORE, "WWW-Authenticate": "Bearer"})


async def _no_asset(_request: Request, error: Exception) -> Response:
    return json_answer({"error": type(error).__name__, "detail": str(error)}, 404)


async def _too_many(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TooManyRequests)  # noqa: S101 - registered for nothing else
    body = {"error": type(error).__name__, "detail": str(error)}
    return json_answer(body, 429, {**NO_STORE, "Retry-After": str(error.retry_after)})
