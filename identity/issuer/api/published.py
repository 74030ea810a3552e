"""What anybody may read: metadata, keys, types, schemas, offers by reference, status lists."""

from __future__ import annotations

import io
from typing import Annotated, Any
from urllib.parse import quote

import segno
from fastapi import APIRouter, Path, Request, Response

from identity.formats.status_list import MEDIA_TYPE
from identity.issuer.service import Issuer
from identity.web.reading import JSON, JWT, json_answer

HOUR = {"Cache-Control": "public, max-age=3600"}
MINUTE = {"Cache-Control": "public, max-age=60"}

Name = Annotated[str, Path(pattern="^[a-z_]{1,40}$", description="A credential type's name.")]
Version = Annotated[int, Path(ge=1, le=1_000)]
Reference = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,100}$", description="What an offer's address ends in.")]
ListId = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{22}$", description="A status list's id.")]


def published_router(issuer: Issuer) -> APIRouter:
    """Everything below the issuer's own path."""
    router = APIRouter(tags=["Published"])

    @router.get("/types/{name}/{version}")
    async def type_metadata(name: Name, version: Version) -> Response:
        """SD-JWT type metadata: what a `vct` of ours leads to."""
        return json_answer(issuer.publisher.type_metadata(name, version), headers=HOUR)

    @router.get("/schemas/{name}/{version}")
    async def schema(name: Name, version: Version) -> Response:
        """The JSON Schema of a credential type."""
        return json_answer(issuer.publisher.schema(name, version), headers=HOUR)

    @router.get("/offers/{reference}")
    async def offer(reference: Reference) -> Response:
        """An offer by reference, while its code can still be redeemed (section 4.1.3)."""
        offer_id = issuer.offers.behind(reference)
        return json_answer(await issuer.writer.run(lambda tx: issuer.offers.show(tx, offer_id)))

    @router.get("/offers/{reference}/qr.svg")
    async def offer_code(reference: Reference) -> Response:
        """The same offer as a QR code for a wallet on another device."""
        offer_id = issuer.offers.behind(reference)
        await issuer.writer.run(lambda tx: issuer.offers.show(tx, offer_id))
        address = quote(f"{issuer.rules.public_url}/offers/{reference}", safe="")
        image = io.BytesIO()
        segno.make(f"openid-credential-offer://?credential_offer_uri={address}", error="m").save(
            image, kind="svg", scale=4
        )
        return Response(image.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "no-store"})

    # A plain function: it reads the database and runs in a thread.
    @router.get("/status/{list_id}")
    def status_list(list_id: ListId, request: Request) -> Response:
        """A status list, signed: 2 bits each, 0 valid, 1 invalid, 2 suspended. History is not kept (`time`: 501)."""
        if "time" in request.query_params:
            return json_answer({"error": "history_not_kept"}, 501)
        headers = {"Cache-Control": f"public, max-age={issuer.statuses.ttl // 2}"}
        return Response(issuer.list_token(list_id), media_type=MEDIA_TYPE, headers=headers)

    return router


def well_known_router(issuer: Issuer) -> APIRouter:
    """What stands between host and path (OpenID4VCI 1.0 section 12.2.2, RFC 8414 section 3, did:web)."""
    router = APIRouter(tags=["Published"])
    path = issuer.path

    @router.get(f"/.well-known/openid-credential-issuer{path}")
    async def issuer_metadata(request: Request) -> Response:
        """Issuer metadata; signed when `Accept` asks for application/jwt."""
        if _wants_jwt(request.headers.get("accept", "")):
            signed = issuer.publisher.signed_metadata(issuer.clock())
            return Response(signed, media_type=JWT, headers={**MINUTE, "Vary": "Accept"})
        return json_answer(issuer.publisher.issuer_metadata(), headers={**MINUTE, "Vary": "Accept"})

    @router.get(f"/.well-known/oauth-authorization-server{path}")
    async def server_metadata() -> Response:
        """Authorization server metadata."""
        return json_answer(issuer.publisher.server_metadata(), headers=MINUTE)

    @router.get(f"{path or '/.well-known'}/did.json")
    async def did_document() -> Response:
        """The issuer's DID document: every key whose signatures still count."""
        return json_answer(issuer.identity.document(), headers=MINUTE)

    @router.get("/health")
    async def health() -> Response:
        """Whether this process answers. Reads memory only."""
        return json_answer({"issuer": issuer.identity.did, "healthy": True})

    return router


def _wants_jwt(accept: str) -> bool:
    """Whether application/jwt is asked for, and not only after application/json."""
    kinds: list[Any] = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return JWT in kinds and (JSON not in kinds or kinds.index(JWT) < kinds.index(JSON))
