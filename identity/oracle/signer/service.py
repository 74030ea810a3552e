"""The signer's HTTP interface. What it is asked holds evidence: nothing of a request is ever logged or echoed."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TypeVar

import structlog
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from bridge.errors import LockstepError
from identity.errors import MalformedJson
from identity.formats.strict import Bounds, parse_object
from identity.oracle.signer.errors import CheckFailed, ItemsFailed
from identity.oracle.signer.signing import Signer
from identity.oracle.signer.wire import (
    MAX_WHY,
    BatchRequest,
    HealthBody,
    ItemRefused,
    PermitRequest,
    RefusalBody,
    SeenRequest,
    SignatureBody,
)
from identity.web.app import new_app
from identity.web.reading import body_of

MAX_BODY = 8_000_000
"""Bytes. A hundred items with eight credentials of some kilobytes each."""
BODY_BOUNDS = Bounds(size=MAX_BODY, depth=16, values=32_768)

RESPONSES: dict[int | str, dict[str, object]] = {
    401: {"model": RefusalBody, "description": "Only the oracle is let in."},
    409: {"model": RefusalBody, "description": "A check failed; nothing was signed."},
    422: {"model": RefusalBody, "description": "Not one request of this kind."},
    503: {"model": RefusalBody, "description": "Nodes or issuers can't be asked now."},
}

Body = TypeVar("Body", bound=BaseModel)


def create_app(signer: Signer, token: str | None = None) -> FastAPI:
    """The application over one signer. `token`: what the oracle shows; None lets everybody in (development)."""
    app = new_app("Lockstep oracle signer", "signer")

    async def answered(request: Request, kind: type[Body], act: Callable[[Body], SignatureBody | None]) -> JSONResponse:
        # Before a byte of the body is read: whoever is not let in takes no memory and no time.
        if token is not None and not _is_let_in(request, token):
            return _refused("caller", "only the oracle is let in", 401)
        return await _answered(request, kind, act)

    @app.post("/batches", responses=RESPONSES, response_model=SignatureBody, openapi_extra=body_of(BatchRequest))
    async def batches(request: Request) -> JSONResponse:
        """Sign a batch, with the grounds of what it grants."""
        return await answered(request, BatchRequest, signer.sign_batch)

    @app.post("/permits", responses=RESPONSES, response_model=SignatureBody, openapi_extra=body_of(PermitRequest))
    async def permits(request: Request) -> JSONResponse:
        """Sign a permit for an account that binds itself."""
        return await answered(request, PermitRequest, signer.sign_permit)

    @app.post("/seen", responses=RESPONSES, openapi_extra=body_of(SeenRequest))
    async def seen(request: Request) -> JSONResponse:
        """Take note of a batch that a quorum of signers signed."""
        return await answered(request, SeenRequest, signer.show)

    @app.get("/health")
    async def health() -> HealthBody:
        """The key's address."""
        return HealthBody(address="0x" + signer.address.hex())

    return app


async def _answered(request: Request, kind: type[Body], act: Callable[[Body], SignatureBody | None]) -> JSONResponse:
    """Reads, acts in a thread (chains are read there), answers; only refusals of this project have a reason."""
    try:
        asked = kind.model_validate(parse_object(await _read(request), BODY_BOUNDS))
    except MalformedJson as error:
        return _refused("body", error.why, 422)
    except ValidationError as error:
        places = sorted({".".join(str(step) for step in one["loc"]) for one in error.errors(include_input=False)})
        return _refused("body", ", ".join(places)[:400], 422)
    try:
        done = await run_in_threadpool(act, asked)
    except ItemsFailed as error:
        items = tuple(
            ItemRefused.model_validate(
                {"kind": one.kind, "index": one.index, "check": one.check, "why": one.why[:MAX_WHY]}
            )
            for one in error.items
        )
        _log(request, error.check, len(items))
        return JSONResponse(RefusalBody(check=error.check, why=error.why[:MAX_WHY], items=items).model_dump(), 409)
    except CheckFailed as error:
        _log(request, error.check, 0)
        return _refused(error.check, error.why, 409)
    except LockstepError as error:
        structlog.get_logger("signer").warning("can't answer", action="sign.retry", error=type(error).__name__)
        return _refused("unavailable", type(error).__name__, 503)
    return JSONResponse({} if done is None else done.model_dump())


def _is_let_in(request: Request, token: str) -> bool:
    shown = request.headers.get("Authorization", "")
    return hmac.compare_digest(shown.encode("utf-8"), f"Bearer {token}".encode())


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise MalformedJson(f"larger than {MAX_BODY} bytes")
    return bytes(body)


def _refused(check: str, why: str, status: int) -> JSONResponse:
    return JSONResponse(RefusalBody(check=check, why=why[:MAX_WHY]).model_dump(), status)


def _log(request: Request, check: str, items: int) -> None:
    structlog.get_logger("signer").warning(
        "refused", action="sign.refuse", what=request.url.path, check=check, items=items
    )
