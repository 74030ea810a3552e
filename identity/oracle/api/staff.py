"""The desk of the oracle's staff: policies and trust, screening, persons. Everybody has a token and roles of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from identity.errors import Malformed
from identity.oracle.deciding.policies import Proposal
from identity.oracle.deciding.providers import MAX_CSV_BYTES, parse_csv
from identity.oracle.deciding.reasons import for_compliance, hit_document
from identity.oracle.deciding.roles import Role
from identity.oracle.deciding.room import Deciding
from identity.oracle.deciding.screening import BY_OFFICER, HitState, NewHit
from identity.oracle.deciding.triggers import Cause
from identity.oracle.deciding.trust import NO_KEY
from identity.oracle.policy.document import POLICY_BOUNDS
from identity.refusals import NotFound
from identity.storage.writer import Transaction
from identity.web.reading import bearer_of, body_of, content_type, json_answer, read_body, read_model

T = TypeVar("T")
Did = Annotated[str, Field(pattern=r"^did:[a-z0-9]+:[A-Za-z0-9._:%\-]+$", max_length=512)]
Time = Annotated[int, Field(ge=0, le=2**53 - 1)]
PathId = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{22}$")]
Asset = Annotated[str, Path(pattern="^0x[0-9a-f]{64}$")]
Investor = Annotated[str, Path(pattern="^0x0{32}[0-9a-f]{32}$", description="The id on the chains, 32 bytes.")]
Version = Annotated[int, Path(ge=1, le=2**32 - 1)]
Name = Annotated[str, Path(pattern="^[a-z][a-z0-9-]{0,39}$", description="The provider's name.")]
CSV = "text/csv"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Approval(_Body):
    """The SHA-256 of the document that the approver read."""

    hash: str = Field(pattern="^[0-9a-f]{64}$")


class Distrust(_Body):
    """An issuer whose word doesn't count from a date on (UTC seconds)."""

    issuer: Did
    since: Time


class Compromise(_Body):
    """An issuer's key that is in wrong hands, perhaps since a date (UTC seconds)."""

    issuer: Did
    key_id: str = Field(min_length=1, max_length=600, pattern=r"^[\x21-\x7e]+$")
    since: Time


class TrustBack(_Body):
    """An issuer, or one key of it, to be believed again."""

    issuer: Did
    key_id: str = Field(NO_KEY, max_length=600, pattern=r"^[\x21-\x7e]*$")


class OfficersHit(_Body):
    """A hit that an officer found."""

    person_id: str = Field(pattern="^[A-Za-z0-9_-]{22}$")
    message: str = Field(min_length=1, max_length=128, description="The officer's own reference: it counts once.")
    reason: str = Field(min_length=1, max_length=2_000)


def staff_router(deciding: Deciding) -> APIRouter:
    """The whole desk."""
    router = APIRouter(prefix="/staff/v1", tags=["Staff"])
    _policies(router, deciding)
    _trust(router, deciding)
    _screening(router, deciding)
    _persons(router, deciding)
    return router


async def as_staff(deciding: Deciding, request: Request, role: Role, job: Callable[[Transaction, str], T]) -> T:
    """Runs a job in the name of whoever asks. Who that is, is read in the same transaction."""
    token = bearer_of(request)
    return await deciding.writer.run(lambda tx: job(tx, deciding.staff.require(tx.connection, token, role)))


def _policies(router: APIRouter, deciding: Deciding) -> None:
    policies = deciding.policies

    @router.post("/policies")
    async def propose(request: Request) -> Response:
        """Propose a policy: the body is the document (policy). Somebody else must approve it."""
        document = await read_body(request, POLICY_BOUNDS.size)
        made = await as_staff(deciding, request, Role.POLICY, lambda tx, name: policies.propose(tx, name, document))
        return json_answer({"asset": f"0x{made.asset.hex()}", "version": made.version, "hash": made.digest.hex()}, 201)

    @router.post("/policies/{asset}/{version}/approve", openapi_extra=body_of(Approval))
    async def approve(asset: Asset, version: Version, request: Request) -> Response:
        """Approve a policy that somebody else proposed (policy). It is in force from its time, not before now."""
        body = await read_model(request, Approval)
        proposal = Proposal(_asset(asset), version, bytes.fromhex(body.hash))
        from_ = await as_staff(deciding, request, Role.POLICY, lambda tx, name: policies.approve(tx, name, proposal))
        deciding.triggers.fire(Cause.POLICY)
        return json_answer({"state": "approved", "effective_at": from_})

    @router.post("/policies/{asset}/{version}/withdraw")
    async def withdraw(asset: Asset, version: Version, request: Request) -> Response:
        """Take back a policy that is not in force yet (policy)."""
        await as_staff(
            deciding, request, Role.POLICY, lambda tx, name: policies.withdraw(tx, name, _asset(asset), version)
        )
        return json_answer({"state": "withdrawn"})

    @router.get("/policies/{asset}")
    async def show(asset: Asset, request: Request) -> Response:
        """The policy in force with its hash, and every version with who did what (policy)."""

        def read(tx: Transaction, _name: str) -> dict[str, Any]:
            active = policies.active(tx.connection, _asset(asset), tx.now)
            return {
                "active": None if active is None else {"version": active.version, "hash": active.digest.hex()},
                "document": None if active is None else active.canonical.decode("utf-8"),
                "versions": [_version(row) for row in policies.versions(tx.connection, _asset(asset))],
            }

        return json_answer(await as_staff(deciding, request, Role.POLICY, read))


def _trust(router: APIRouter, deciding: Deciding) -> None:
    @router.post("/issuers/distrust", openapi_extra=body_of(Distrust))
    async def distrust(request: Request) -> Response:
        """Stop believing what an issuer signed from a date on (policy). One person is enough, and it holds at once."""
        body = await read_model(request, Distrust)
        await as_staff(
            deciding,
            request,
            Role.POLICY,
            lambda tx, name: deciding.trust.distrust(tx, name, body.issuer, body.since),
        )
        await run_in_threadpool(deciding.distrusted, compromised=False)
        return json_answer({"state": "distrusted"})

    @router.post("/issuers/compromise", openapi_extra=body_of(Compromise))
    async def compromise(request: Request) -> Response:
        """Refuse a key of an issuer, and what the issuer signed from a date on (policy)."""
        body = await read_model(request, Compromise)
        await as_staff(
            deciding,
            request,
            Role.POLICY,
            lambda tx, name: deciding.trust.distrust(tx, name, body.issuer, body.since, body.key_id),
        )
        await run_in_threadpool(deciding.distrusted, compromised=True)
        return json_answer({"state": "refused"})

    @router.post("/issuers/trust", openapi_extra=body_of(TrustBack))
    async def trust(request: Request) -> Response:
        """Believe an issuer again: the first person asks, a second one does it (policy)."""
        body = await read_model(request, TrustBack)
        done = await as_staff(
            deciding, request, Role.POLICY, lambda tx, name: deciding.trust.lift(tx, name, body.issuer, body.key_id)
        )
        if done:
            await run_in_threadpool(deciding.trusted)
        return json_answer({"state": "trusted" if done else "asked"})


def _screening(router: APIRouter, deciding: Deciding) -> None:
    screening = deciding.screening

    @router.post("/screening/hits", openapi_extra=body_of(OfficersHit))
    async def open_hit(request: Request) -> Response:
        """Record a hit (officer): the person stops receiving at once, and orders are held."""
        body = await read_model(request, OfficersHit)
        hit = NewHit(body.person_id, BY_OFFICER, body.message, {"reason": body.reason})
        opened = await as_staff(deciding, request, Role.OFFICER, lambda tx, name: screening.open(tx, name, hit))
        if opened is not None:
            deciding.triggers.fire(Cause.SCREENING)
        return json_answer({"hit_id": opened}, 200 if opened is None else 201)

    @router.post("/screening/providers/{name}/results")
    async def upload(name: Name, request: Request) -> Response:
        """A provider's hits as CSV (officer): all of them or none."""
        if content_type(request) != CSV:
            raise Malformed("request", f"the body must be {CSV}")
        hits = parse_csv(name, await read_body(request, MAX_CSV_BYTES))
        new = await as_staff(deciding, request, Role.OFFICER, lambda tx, who: screening.open_all(tx, who, hits))
        if new:
            deciding.triggers.fire(Cause.SCREENING)
        return json_answer({"new": new}, 202)

    for word, state in (("confirm", HitState.CONFIRMED), ("clear", HitState.CLEARED)):
        router.post(f"/screening/hits/{{hit_id}}/{word}", name=word)(_judge(deciding, state, word))

    @router.get("/screening/hits")
    async def hits(request: Request) -> Response:
        """Hits that are not cleared, without their reasons (officer)."""
        found = await as_staff(
            deciding, request, Role.OFFICER, lambda tx, _: screening.listed(tx.connection, undecided=True)
        )
        return json_answer({"hits": [hit_document(hit) for hit in found]})

    @router.get("/screening/hits/{hit_id}")
    async def hit(hit_id: PathId, request: Request) -> Response:
        """A hit with its reason (compliance). The reading itself is noted."""
        found, reason = await as_staff(
            deciding, request, Role.COMPLIANCE, lambda tx, name: screening.read(tx, name, hit_id)
        )
        return json_answer(hit_document(found, reason))


def _judge(deciding: Deciding, state: HitState, word: str) -> Callable[..., Any]:
    async def judge(hit_id: PathId, request: Request) -> Response:
        after = await as_staff(
            deciding, request, Role.OFFICER, lambda tx, name: deciding.screening.judge(tx, name, hit_id, state)
        )
        if after is state:
            deciding.triggers.fire(Cause.SCREENING)
        return json_answer({"state": after.value, "decided": after is state})

    judge.__doc__ = f"{word.capitalize()} a hit (officer): the first officer's view is noted, a second one's decides."
    return judge


def _persons(router: APIRouter, deciding: Deciding) -> None:
    people = deciding.people

    @router.get("/investors/{asset}/{investor}")
    async def who(asset: Asset, investor: Investor, request: Request) -> Response:
        """The record behind an investor id of a chain, by its id alone (officer). The question itself is noted."""

        def find(tx: Transaction, name: str) -> str:
            person_id = people.person_of(tx.connection, _asset(asset), _asset(investor))
            if person_id is None:
                raise NotFound("investor")
            tx.note(name, "person.find", person_id)
            return person_id

        return json_answer({"person_id": await as_staff(deciding, request, Role.OFFICER, find)})

    @router.get("/persons/{person_id}/reasons/{asset}")
    async def reasons(person_id: PathId, asset: Asset, request: Request) -> Response:
        """Why a person may or may not hold an asset, whole (compliance). The reading itself is noted."""

        def read(tx: Transaction, name: str) -> dict[str, Any]:
            tx.note(name, "reasons.read", person_id)
            verdict = deciding.verdicts.verdict(tx.connection, person_id, _asset(asset), tx.now)
            hold = deciding.screening.hold_of(tx.connection, person_id)
            return for_compliance(verdict, hold, deciding.screening.of_person(tx, person_id))

        return json_answer(await as_staff(deciding, request, Role.COMPLIANCE, read))

    @router.get("/persons/{person_id}/export")
    async def export(person_id: PathId, request: Request) -> Response:
        """Everything that a person may have of what is held about them (privacy). The reading itself is noted.

        Screening is not part of it: the law that makes the oracle keep it forbids to tell.
        """

        def read(tx: Transaction, name: str) -> dict[str, Any]:
            tx.note(name, "person.export", person_id)
            return people.export(tx.connection, person_id)

        return json_answer(await as_staff(deciding, request, Role.PRIVACY, read))

    @router.post("/persons/{person_id}/end")
    async def end(person_id: PathId, request: Request) -> Response:
        """End the relationship with a person (privacy): they receive nothing any more, and the time of keeping runs."""
        until = await as_staff(deciding, request, Role.PRIVACY, lambda tx, name: people.end(tx, name, person_id))
        deciding.triggers.fire(Cause.ENDED)
        return json_answer({"state": "ended", "kept_until": until})

    @router.post("/persons/{person_id}/erase")
    async def erase(person_id: PathId, request: Request) -> Response:
        """Destroy a person's data key (privacy): what stands on the chains stops receiving. Not while it must be kept."""
        await as_staff(deciding, request, Role.PRIVACY, lambda tx, name: deciding.erasure.erase(tx, name, person_id))
        deciding.triggers.fire(Cause.ERASURE)
        await run_in_threadpool(deciding.database.scrub)
        return json_answer({"state": "erased"})

    @router.get("/reviews")
    async def reviews(request: Request) -> Response:
        """Records that may be of one person, oldest first, ids only (officer)."""
        found = await as_staff(deciding, request, Role.OFFICER, lambda tx, _: list(people.reviews(tx.connection)))
        return json_answer({"reviews": found})

    for word, same in (("same", True), ("distinct", False)):
        router.post(f"/reviews/{{review_id}}/{word}", name=f"review-{word}")(_review(deciding, same))


def _review(deciding: Deciding, same: bool) -> Callable[..., Any]:
    def decide(tx: Transaction, name: str, review_id: str) -> None:
        row = next((one for one in deciding.people.reviews(tx.connection) if one["id"] == review_id), None)
        if row is None:
            raise NotFound("review")
        if same:
            # Before: the merge destroys the key under which the reasons of hits are sealed.
            deciding.screening.move(tx, row["person_id"], row["like_id"])
        deciding.people.decide_review(tx, name, review_id, same=same)

    async def review(review_id: PathId, request: Request) -> Response:
        await as_staff(deciding, request, Role.OFFICER, lambda tx, name: decide(tx, name, review_id))
        deciding.triggers.fire(Cause.ENROLMENT)
        return json_answer({"state": "same" if same else "distinct"})

    review.__doc__ = f"Two records are of {'one person: they become one' if same else 'two persons'} (officer)."
    return review


def _asset(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _version(row: Any) -> dict[str, Any]:
    return {
        "version": row.version,
        "hash": bytes(row.digest).hex(),
        "state": row.state,
        "effective_at": row.effective_at,
        "proposed_by": row.proposed_by,
        "proposed_at": row.proposed_at,
        "approved_by": row.approved_by,
        "approved_at": row.approved_at,
    }
