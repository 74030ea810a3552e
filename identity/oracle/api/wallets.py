"""OpenID4VP 1.0 for wallets: the signed request object, and where the answer is posted. Errors are the protocol's JSON."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from bridge.errors import InvalidInput, LockstepError
from identity.errors import Malformed
from identity.formats.strict import parse_form
from identity.oracle.api.investor import InvestorDesk
from identity.oracle.presenting.answers import MAX_BODY
from identity.oracle.presenting.errors import AssetUnknown, RequestGone
from identity.web.reading import FORM, NO_STORE, BodyTooLarge, content_type, json_answer, read_body, unavailable_answer

REQUEST_OBJECT = "application/oauth-authz-req+jwt"
Ticket = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{20,100}$")]
MAX_WALLET_FORM = 32_768
_WALLET_NONCE = re.compile(r"[\x21-\x7e]{1,256}")


def wallet_router(desk: InvestorDesk) -> APIRouter:
    """What a wallet asks for and sends."""
    router = APIRouter(prefix="/presentations", tags=["OpenID4VP"])

    @router.get("/{ticket}/request")
    async def request_object(ticket: Ticket) -> Response:
        """The request object, signed (`request_uri_method` get)."""
        return await answered(lambda: _sign(desk, ticket, None))

    @router.post("/{ticket}/request")
    async def request_object_for(ticket: Ticket, request: Request) -> Response:
        """The request object for a wallet that says something of itself and gives a nonce of its own."""

        async def sign() -> Response:
            return await _sign(desk, ticket, await _wallet_nonce(request))

        return await answered(sign)

    @router.post("/{ticket}/response")
    async def response(ticket: Ticket, request: Request) -> Response:
        """The wallet's answer: `response` (encrypted), or `vp_token` and `state`; or `error`."""

        async def take() -> Response:
            if content_type(request) != FORM:
                raise Malformed("request", f"the body must be {FORM}")
            taken = await run_in_threadpool(desk.verifier.take, ticket, await read_body(request, MAX_BODY))
            if taken.enrolled is not None:
                desk.wake()
            return json_answer({"redirect_uri": taken.redirect_uri})

        return await answered(take)

    return router


async def answered(work: Callable[[], Awaitable[Response]]) -> Response:
    """The answer, or the refusal in the protocol's form. `reason` is the name of what was refused, for people."""
    try:
        return await work()
    except LockstepError as error:
        reason = type(error).__name__
        structlog.get_logger("oracle").info("answer refused", action="presentation.refuse", reason=reason)
        if not isinstance(error, InvalidInput):
            return unavailable_answer()
        status = 413 if isinstance(error, BodyTooLarge) else 404 if isinstance(error, RequestGone) else 400
        body = {"error": "invalid_request", "error_description": _plain(str(error)), "reason": reason}
        return json_answer(body, status)


async def _sign(desk: InvestorDesk, ticket: str, wallet_nonce: str | None) -> Response:
    def sign() -> str:
        now = desk.clock()
        with desk.database.read() as connection:
            policy = desk.policy_of(connection, desk.requests.asset_of(connection, ticket, now), now)
            if policy is None:
                raise AssetUnknown
            return desk.requests.sign(connection, ticket, policy, wallet_nonce, now, desk.verifier.statement)

    return Response(await run_in_threadpool(sign), media_type=REQUEST_OBJECT, headers=dict(NO_STORE))


async def _wallet_nonce(request: Request) -> str | None:
    if content_type(request) != FORM:
        raise Malformed("request", f"the body must be {FORM}")
    form = parse_form(await read_body(request), MAX_WALLET_FORM)
    nonce = form.get("wallet_nonce")
    if nonce is not None and not _WALLET_NONCE.fullmatch(nonce):
        raise Malformed("wallet_nonce", "1 to 256 visible ASCII characters")
    return nonce


def _plain(text: str) -> str:
    """ASCII without quotes and backslashes, as RFC 6749 demands of descriptions; at most 300 characters."""
    return "".join(one if " " <= one <= "~" and one not in "\"\\'" else "." for one in text)[:300]
