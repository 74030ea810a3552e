"""The desk of the staff: cases, offers, statuses, subjects. Everybody has a token and roles of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from identity.formats.registry import SD_JWT
from identity.formats.status_list import Status
from identity.issuer.cases import Evidence
from identity.issuer.service import Issuer
from identity.issuer.staff import Role
from identity.issuer.tables import CREDENTIALS
from identity.storage.writer import Transaction
from identity.web.reading import bearer_of, body_of, json_answer, read_model

T = TypeVar("T")
Id = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{22}$")]
PathId = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{22}$")]
Word = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewCase(_Body):
    """A case on claims of one type; for a new subject unless one is named."""

    type: Word
    claims: dict[str, Any]
    subject_id: Id | None = None


class NewEvidence(_Body):
    """One thing that was seen."""

    kind: Word
    reference: str = Field(min_length=1, max_length=300)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    method: Word


class Refusal(_Body):
    """Why a case is turned down."""

    reason: str = Field(min_length=1, max_length=1_000)


class NewOffer(_Body):
    """An offer of one credential for each case."""

    case_ids: list[Id] = Field(min_length=1, max_length=8)
    tx_code: bool = True
    format: Word = SD_JWT


def desk_router(issuer: Issuer) -> APIRouter:
    """Cases and offers."""
    router = APIRouter(prefix="/staff/v1", tags=["Staff"])

    @router.post("/cases", openapi_extra=body_of(NewCase))
    async def open_case(request: Request) -> Response:
        """Open a case (maker)."""
        body = await read_model(request, NewCase)
        case_id, subject_id = await as_staff(
            issuer,
            request,
            Role.MAKER,
            lambda tx, name: issuer.cases.open(tx, name, body.type, body.claims, body.subject_id),
        )
        return json_answer({"case_id": case_id, "subject_id": subject_id}, 201)

    @router.post("/cases/{case_id}/evidence", openapi_extra=body_of(NewEvidence))
    async def add_evidence(case_id: PathId, request: Request) -> Response:
        """Add a record of evidence (maker)."""
        body = await read_model(request, NewEvidence)
        evidence = Evidence(body.kind, body.reference, body.sha256, body.method)
        evidence_id = await as_staff(
            issuer, request, Role.MAKER, lambda tx, name: issuer.cases.add_evidence(tx, name, case_id, evidence)
        )
        return json_answer({"evidence_id": evidence_id}, 201)

    @router.post("/cases/{case_id}/submit")
    async def submit(case_id: PathId, request: Request) -> Response:
        """Hand a case to a checker (maker)."""
        await as_staff(issuer, request, Role.MAKER, lambda tx, name: issuer.cases.submit(tx, name, case_id))
        return json_answer({"state": "submitted"})

    @router.post("/cases/{case_id}/approve")
    async def approve(case_id: PathId, request: Request) -> Response:
        """Stand for a case that somebody else made (checker)."""
        until = await as_staff(issuer, request, Role.CHECKER, lambda tx, name: issuer.cases.approve(tx, name, case_id))
        return json_answer({"state": "approved", "valid_until": until})

    @router.post("/cases/{case_id}/refuse", openapi_extra=body_of(Refusal))
    async def refuse(case_id: PathId, request: Request) -> Response:
        """Turn a case down that somebody else made (checker)."""
        body = await read_model(request, Refusal)
        await as_staff(
            issuer, request, Role.CHECKER, lambda tx, name: issuer.cases.refuse(tx, name, case_id, body.reason)
        )
        return json_answer({"state": "refused"})

    @router.post("/offers", openapi_extra=body_of(NewOffer))
    async def make_offer(request: Request) -> Response:
        """Offer credentials on approved cases of one subject (maker)."""
        body = await read_model(request, NewOffer)
        made = await as_staff(
            issuer,
            request,
            Role.MAKER,
            lambda tx, name: issuer.offers.make(tx, name, body.case_ids, with_tx_code=body.tx_code, word=body.format),
        )
        return json_answer(made._asdict(), 201)

    @router.post("/offers/{offer_id}/withdraw")
    async def withdraw(offer_id: PathId, request: Request) -> Response:
        """Kill an offer, redeemed or not (maker)."""
        await as_staff(issuer, request, Role.MAKER, lambda tx, name: issuer.offers.withdraw(tx, name, offer_id))
        return json_answer({"state": "dead"})

    return router


def records_router(issuer: Issuer) -> APIRouter:
    """Credentials' statuses, and what subjects may ask."""
    router = APIRouter(prefix="/staff/v1", tags=["Staff"])

    for word, status in (("suspend", Status.SUSPENDED), ("reinstate", Status.VALID), ("revoke", Status.INVALID)):
        router.post(f"/credentials/{{credential_id}}/{word}", name=word)(_change(issuer, status, word))

    @router.get("/subjects/{subject_id}/credentials")
    async def credentials(subject_id: PathId, request: Request) -> Response:
        """A subject's credentials with their statuses (officer)."""
        rows = await as_staff(issuer, request, Role.OFFICER, lambda tx, _: _credentials(tx, subject_id))
        return json_answer({"credentials": rows})

    @router.get("/subjects/{subject_id}/export")
    async def export(subject_id: PathId, request: Request) -> Response:
        """Everything held about a subject, opened (privacy). The reading itself is noted."""

        def read(tx: Transaction, name: str) -> dict[str, Any]:
            tx.note(name, "subject.export", subject_id)
            return issuer.privacy.export(tx.connection, subject_id)

        return json_answer(await as_staff(issuer, request, Role.PRIVACY, read))

    @router.post("/subjects/{subject_id}/end")
    async def end(subject_id: PathId, request: Request) -> Response:
        """End a relationship (privacy): credentials are revoked, and the time for which records are kept begins."""
        until = await as_staff(issuer, request, Role.PRIVACY, lambda tx, name: issuer.privacy.end(tx, name, subject_id))
        issuer.changed.set()
        return json_answer({"kept_until": until})

    @router.post("/subjects/{subject_id}/erase")
    async def erase(subject_id: PathId, request: Request) -> Response:
        """Destroy a subject's data key once their records need not be kept; what they hold is revoked (privacy)."""
        await as_staff(issuer, request, Role.PRIVACY, lambda tx, name: issuer.privacy.erase(tx, name, subject_id))
        issuer.changed.set()
        await run_in_threadpool(issuer.database.scrub)
        return json_answer({"state": "erased"})

    return router


def _change(issuer: Issuer, status: Status, word: str) -> Callable[..., Any]:
    async def change(credential_id: PathId, request: Request) -> Response:
        await as_staff(
            issuer, request, Role.OFFICER, lambda tx, name: issuer.statuses.change(tx, name, credential_id, status)
        )
        issuer.changed.set()
        return json_answer({"status": status.name})

    change.__doc__ = f"{word.capitalize()} a credential (officer): its list changes with this answer."
    return change


async def as_staff(issuer: Issuer, request: Request, role: Role, job: Callable[[Transaction, str], T]) -> T:
    """Runs a job in the name of whoever asks. Who that is, is read in the same transaction."""
    token = bearer_of(request)
    return await issuer.writer.run(lambda tx: job(tx, issuer.staff.require(tx.connection, token, role)))


def _credentials(tx: Transaction, subject_id: str) -> list[dict[str, Any]]:
    rows = tx.connection.execute(select(CREDENTIALS).where(CREDENTIALS.c.subject_id == subject_id))
    return [
        {
            "id": row.id,
            "configuration": row.configuration,
            "status": Status(row.status).name,
            "status_at": row.status_at,
            "issued_at": row.issued_at,
            "valid_until": row.valid_until,
        }
        for row in rows
    ]
