"""The issuer's application: its routers."""

from __future__ import annotations

from fastapi import FastAPI

from identity.issuer.api.desk import desk_router, records_router
from identity.issuer.api.inbox import inbox_router
from identity.issuer.api.protocol import protocol_router
from identity.issuer.api.published import published_router, well_known_router
from identity.issuer.service import Issuer
from identity.web.app import Background, new_app


def create_app(issuer: Issuer, background: Background | None = None) -> FastAPI:
    """The application over an issuer; `background` is started and ended with it."""
    app = new_app("Lockstep issuer", "issuer", background)
    # In the order in which wallets ask most: a request is held against one route after another.
    for router in (protocol_router, desk_router, published_router, records_router, inbox_router):
        app.include_router(router(issuer), prefix=issuer.path)
    app.include_router(well_known_router(issuer))
    return app
