"""What machines ask and tell: attestors ask for decisions, issuers push statuses, screening providers report."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from bridge.abi import decode_struct
from bridge.errors import LockstepError
from bridge.types import TransferOrder
from identity.errors import Malformed
from identity.oracle.deciding.roles import Role
from identity.oracle.deciding.room import Deciding
from identity.oracle.deciding.triggers import Cause
from identity.oracle.status.pushes import MAX_PUSH_BYTES
from identity.refusals import NotFound
from identity.web.reading import JWT, NO_STORE, bearer_of, body_of, content_type, json_answer, read_body, read_model

Name = Annotated[str, Path(pattern="^[a-z][a-z0-9-]{0,39}$", description="The provider's name.")]
_HEX = re.compile(r"(?:0x)?(?:[0-9a-f]{2})+")
MAX_ORDER_HEX = 16_384


class Question(BaseModel):
    """An order as the chain holds it: the ABI encoding of the TransferOrder, in lower-case hex."""

    model_config = ConfigDict(extra="forbid", strict=True)

    order: str = Field(max_length=MAX_ORDER_HEX)


def machine_router(deciding: Deciding) -> APIRouter:
    """Decisions, pushes and reports."""
    router = APIRouter(tags=["Machines"])

    @router.post("/decisions", openapi_extra=body_of(Question))
    async def decide(request: Request) -> Response:
        """The oracle's decision on an order, signed (`lockstep-decision+jwt`), for at most 60 seconds (attestor)."""
        token = bearer_of(request)
        with deciding.database.read() as connection:
            deciding.staff.require(connection, token, Role.ATTESTOR)
        order = _order((await read_model(request, Question)).order)
        return Response(await deciding.decisions.answer(order), media_type=JWT, headers=dict(NO_STORE))

    @router.post("/status", openapi_extra=_jwt_body())
    async def status(request: Request) -> Response:
        """A status change from an issuer (`lockstep-status+jwt`). Taken twice, it changes nothing the second time."""
        if content_type(request) != JWT:
            raise Malformed("request", f"the body must be {JWT}")
        newer = await deciding.pushes.take(await read_body(request, MAX_PUSH_BYTES))
        return json_answer({"newer": newer}, 202)

    @router.post("/screening/{name}/results")
    async def report(name: Name, request: Request) -> Response:
        """A screening provider's signed report of a hit; the same message again changes nothing."""
        provider = deciding.providers.get(name)
        if provider is None:
            raise NotFound("provider")
        hit = provider.read(request.headers, await read_body(request), deciding.clock())
        opened = await deciding.writer.run(lambda tx: deciding.screening.open(tx, f"provider:{name}", hit))
        if opened is not None:
            deciding.triggers.fire(Cause.SCREENING)
        return json_answer({"new": opened is not None}, 202)

    return router


def _order(text: str) -> TransferOrder:
    if not _HEX.fullmatch(text):
        raise Malformed("order", "it is no lower-case hex")
    try:
        return decode_struct(TransferOrder, bytes.fromhex(text.removeprefix("0x")))
    except LockstepError:
        raise Malformed("order", "its bytes are no TransferOrder") from None


def _jwt_body() -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {JWT: {"schema": {"type": "string"}}}}}
