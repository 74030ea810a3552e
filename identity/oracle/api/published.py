"""What everybody may read: the policies whose hashes stand on the chains."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from starlette.concurrency import run_in_threadpool

from identity.oracle.deciding.policies import APPROVED
from identity.oracle.deciding.room import Deciding
from identity.refusals import NotFound

Asset = Annotated[str, Path(pattern="^0x[0-9a-f]{64}$")]
Version = Annotated[int, Path(ge=1, le=2**32 - 1)]
JSON = "application/json"


def published_router(deciding: Deciding) -> APIRouter:
    """Approved policies, byte for byte as they are hashed."""
    router = APIRouter(tags=["Published"])

    @router.get("/policies/{asset}/{version}")
    async def policy(asset: Asset, version: Version) -> Response:
        """An approved policy: the SHA-256 of these bytes stands on each chain of the asset as its document `policy`."""
        body = await run_in_threadpool(_approved, deciding, bytes.fromhex(asset[2:]), version)
        return Response(body, media_type=JSON, headers={"Cache-Control": "max-age=3600"})

    return router


def _approved(deciding: Deciding, asset: bytes, version: int) -> bytes:
    with deciding.database.read() as connection:
        for row in deciding.policies.versions(connection, asset):
            if row.version == version and row.state == APPROVED:
                return bytes(row.body)
    raise NotFound("policy")
