"""The attestor's HTTP interface: anyone who names an order may have the signature it deserves.

Nothing here changes anything but the attestor's own memory; there is nothing to log in to and no body to parse.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from bridge.errors import InvalidInput, LockstepError
from bridge.refusals import name, sentence
from bridge.types import Reason
from relayer.attestor.signing import Attestor
from relayer.errors import Held, LaneHalted, NotYetDecided, OrderUnknown

MAX_NUMBER = 2**63 - 1
"""Nonces and times beyond it can't exist on a chain that counts from 1, and SQLite holds no larger integer."""

Domain = Annotated[str, Path(pattern="^0x[0-9a-f]{64}$", description="Domain of the source chain.")]
Nonce = Annotated[int, Path(ge=1, le=MAX_NUMBER, description="The order's nonce on its lane.")]
Destination = Annotated[
    str | None,
    Query(pattern="^0x[0-9a-f]{64}$", description="Domain of the destination; needed with more than two chains."),
]
ExpiresAt = Annotated[int, Query(ge=1, le=MAX_NUMBER, description="UTC seconds, at most an hour ahead.")]


class ReasonBody(BaseModel):
    """One failing rule: number, name, a sentence for people, and its values as decimal text (they may be 256 bits)."""

    code: int
    name: str
    sentence: str
    a: str
    b: str
    c: str


class HeldBody(BaseModel):
    """Nothing is signed now. `under_review`: there is a reason nobody may name; `permanent`: ask for a rejection."""

    held: list[ReasonBody]
    under_review: bool = False
    permanent: bool = False


class ApprovalBody(BaseModel):
    """A signature over Approval([order_id], expires_at) under the destination's domain."""

    order_id: str
    expires_at: int
    set: int
    signature: str


class RejectionBody(BaseModel):
    """A signature over Rejection(order_id, reason) under the destination's domain."""

    order_id: str
    reason: int
    set: int
    signature: str


class ReceiptBody(BaseModel):
    """A signature over TransferReceipt(order_id, outcome, reason, decided_at) under the source's domain."""

    order_id: str
    outcome: int
    reason: int
    decided_at: int
    set: int
    signature: str


class ProblemBody(BaseModel):
    """Why there is no answer: a stable word and a sentence."""

    error: str
    detail: str


class HealthBody(BaseModel):
    """The key's address, and whether the follower of each chain still runs."""

    address: str
    chains: dict[str, bool]
    healthy: bool


PROBLEMS: dict[int | str, dict[str, object]] = {
    404: {"model": ProblemBody, "description": "No final block seen so far initiated this order."},
    409: {"model": HeldBody, "description": "Held: nothing is signed now."},
    423: {"model": ProblemBody, "description": "The lane is halted until a person resumes it."},
    503: {"model": ProblemBody, "description": "The nodes or this attestor can't answer now."},
}


def create_app(attestor: Attestor, alive: dict[str, bool]) -> FastAPI:
    """The application; `alive` tells for each chain whether its follower runs and is kept up to date by the process."""
    app = FastAPI(title="Lockstep attestor", version="1", docs_url=None, redoc_url=None)

    # Handlers are plain functions: they run in threads, because reading chains blocks.
    @app.get("/v1/orders/{source}/{nonce}/approval", responses=PROBLEMS)
    def approval(source: Domain, nonce: Nonce, expires_at: ExpiresAt, destination: Destination = None) -> ApprovalBody:
        """Sign that this order may be delivered until `expires_at`."""
        signed = attestor.approve(_bytes(source), nonce, expires_at, _optional(destination))
        return ApprovalBody(
            order_id=_hex(signed.order_id),
            expires_at=signed.expires_at,
            set=signed.set_id,
            signature=_hex(signed.signature),
        )

    @app.get("/v1/orders/{source}/{nonce}/rejection", responses=PROBLEMS)
    def rejection(source: Domain, nonce: Nonce, destination: Destination = None) -> RejectionBody:
        """Sign that this order is refused for good, for a permanent reason or because its deadline has passed."""
        signed = attestor.reject(_bytes(source), nonce, _optional(destination))
        return RejectionBody(
            order_id=_hex(signed.order_id), reason=signed.reason, set=signed.set_id, signature=_hex(signed.signature)
        )

    @app.get("/v1/orders/{source}/{nonce}/receipt", responses=PROBLEMS)
    def receipt(source: Domain, nonce: Nonce, destination: Destination = None) -> ReceiptBody:
        """Sign how a final block of the destination ended this order."""
        signed = attestor.receipt(_bytes(source), nonce, _optional(destination))
        return ReceiptBody(
            order_id=_hex(signed.receipt.order),
            outcome=signed.receipt.outcome,
            reason=signed.receipt.reason,
            decided_at=signed.receipt.decided_at,
            set=signed.set_id,
            signature=_hex(signed.signature),
        )

    @app.get("/health")
    async def health() -> HealthBody:
        """Whether this attestor follows its chains. Reads memory only, so it answers also while all threads read chains."""
        return HealthBody(address=_hex(attestor.address), chains=dict(alive), healthy=all(alive.values()))

    app.add_exception_handler(LockstepError, _problem)
    return app


def _problem(_request: Request, error: Exception) -> JSONResponse:
    """The answer to an error of this project. Anything else is a fault and stays a 500 without detail."""
    if isinstance(error, Held):
        reasons = [_reason(reason) for reason in error.reasons]
        held = HeldBody(held=reasons, under_review=error.under_review, permanent=error.permanent)
        return JSONResponse(held.model_dump(), 409)
    if isinstance(error, NotYetDecided):
        return JSONResponse(HeldBody(held=[]).model_dump(), 409)
    status = 503
    if isinstance(error, OrderUnknown):
        status = 404
    elif isinstance(error, LaneHalted):
        status = 423
    elif isinstance(error, InvalidInput):
        status = 422
    return JSONResponse(ProblemBody(error=type(error).__name__, detail=str(error)).model_dump(), status)


def _reason(reason: Reason) -> ReasonBody:
    a, b, c = str(reason.a), str(reason.b), str(reason.c)
    return ReasonBody(code=reason.code, name=name(reason.code), sentence=sentence(reason), a=a, b=b, c=c)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _optional(text: str | None) -> bytes | None:
    return None if text is None else _bytes(text)


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
