"""What investors and their wallets ask: enrol by a presentation, link accounts, see where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from identity.keystore.named import ServiceIdentity
from identity.oracle.api.limits import StartLimits
from identity.oracle.people.accounts import Accounts, BoundAccount
from identity.oracle.people.errors import ConsentRefused
from identity.oracle.people.persons import INVESTOR, People
from identity.oracle.people.proofs import AccountControl, ContractSignatures, Proof, Scheme
from identity.oracle.people.proofs.control import account_text
from identity.oracle.people.proofs.wire import parse_signature
from identity.oracle.presenting.errors import AssetUnknown, SessionRefused
from identity.oracle.presenting.requests import Consent, Requests, ResponseMode
from identity.oracle.presenting.sessions import Session, Sessions
from identity.oracle.presenting.verifier import PolicyOf, Verifier
from identity.ports import Clock
from identity.refusals import StaffRefused
from identity.storage.database import Database
from identity.storage.writer import Transaction, Writer
from identity.web.reading import bearer_of, body_of, json_answer, read_model

T = TypeVar("T")
Asset = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$", description="The asset's id, 32 bytes.")]
Chain = Annotated[str, Field(pattern="^[-a-z0-9]{3,8}:[-_a-z0-9]{1,32}$", description="CAIP-2 id of the chain.")]
Id = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{22}$")]

Standing = Callable[[Connection, str, bytes, int], Mapping[str, Any]]
"""Where a person stands in an asset at a time, in public codes only: never the reason of a screening hold."""


@dataclass(frozen=True, slots=True)
class InvestorDesk:
    """Everything behind the investors' part of the interface."""

    database: Database
    writer: Writer
    clock: Clock
    identity: ServiceIdentity
    requests: Requests
    verifier: Verifier
    sessions: Sessions
    people: People
    accounts: Accounts
    policy_of: PolicyOf
    limits: StartLimits
    standing_of: Standing
    wake: Callable[[], None]
    """Tells the publisher that the chains are to be told something."""
    unlinked: Callable[[], None]
    """The same, at once: an account is to belong to nobody."""
    ended: Callable[[], None]
    """The same, at once: a relationship has ended."""
    contracts: ContractSignatures | None = None


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewEnrolment(_Body):
    """Enrol for an asset. `return_to`: where the wallet sends its holder afterwards, one of the addresses agreed on."""

    asset: Asset
    response_mode: Annotated[str, Field(pattern=r"^direct_post(\.jwt)?$")] = ResponseMode.ENCRYPTED.value
    return_to: Annotated[str, Field(max_length=512)] | None = None


class Transaction_(_Body):  # noqa: N801 - `Transaction` is the writer's
    """The secret of whoever started the enrolment."""

    transaction: Annotated[str, Field(max_length=100)]


class Continuation(Transaction_):
    """What continues an enrolment: the secret of whoever started it, and the code that the wallet brought back."""

    response_code: Annotated[str, Field(max_length=100)]


class NewChallenge(_Body):
    """Ask for the statement to sign with an account."""

    asset: Asset
    chain: Chain
    account: Annotated[str, Field(max_length=128, description="An EVM address, an SS58 address, or 32 bytes in hex.")]


class NewConsent(_Body):
    """Ask the holder's wallet for consent. `return_to`: as for an enrolment."""

    response_mode: Annotated[str, Field(pattern=r"^direct_post(\.jwt)?$")] = ResponseMode.ENCRYPTED.value
    return_to: Annotated[str, Field(max_length=512)] | None = None


class NewAccount(_Body):
    """A signed statement."""

    nonce: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{22}$")]
    scheme: Annotated[str, Field(pattern="^(sr25519|ed25519|ecdsa|eip712|erc1271)$")]
    signature: Annotated[str, Field(max_length=8_200, description="Hex with 0x.")]


def enrolment_router(desk: InvestorDesk) -> APIRouter:
    """From no session to a session."""
    router = APIRouter(tags=["Investors"])

    @router.post("/enrolments", openapi_extra=body_of(NewEnrolment))
    async def start(request: Request) -> Response:
        """Begin: the answer's `request` goes to a wallet (link or QR code), its `transaction` stays with the caller."""
        desk.limits.count(None if request.client is None else request.client.host)
        body = await read_model(request, NewEnrolment)
        asset = bytes.fromhex(body.asset[2:])

        def begin(tx: Transaction) -> dict[str, Any]:
            policy = desk.policy_of(tx.connection, asset, tx.now)
            if policy is None:
                raise AssetUnknown
            desk.limits.require_room(tx.connection, tx.now)
            started = desk.requests.start(tx, policy, ResponseMode(body.response_mode), body.return_to)
            return {
                "transaction": started.transaction,
                "request": started.request,
                "expires_at": started.expires_at,
            }

        return json_answer(await desk.writer.run(begin), 201)

    @router.post("/enrolments/state", openapi_extra=body_of(Transaction_))
    async def state(request: Request) -> Response:
        """Whether the wallet has answered: open, answered, declined or continued. It says nothing about anyone."""
        body = await read_model(request, Transaction_)

        def look() -> str:
            with desk.database.read() as connection:
                return desk.requests.state_of(connection, body.transaction, desk.clock()).value

        return json_answer({"state": await run_in_threadpool(look)})

    @router.post("/enrolments/continue", openapi_extra=body_of(Continuation))
    async def continue_(request: Request) -> Response:
        """Go on after the presentation: a session, once, for who has both the transaction and the response code."""
        body = await read_model(request, Continuation)

        def go_on(tx: Transaction) -> str:
            person_id, holder = desk.requests.continue_(tx, body.transaction, body.response_code)
            return desk.sessions.open(tx, person_id, holder)

        token = await desk.writer.run(go_on)
        desk.wake()
        return json_answer({"access_token": token, "token_type": "Bearer", "expires_in": desk.sessions.seconds})

    @router.get("/enrolments/return")
    async def returned() -> Response:
        """Where wallets bring people when nothing else was agreed: the code stands behind the `#` of the address."""
        return json_answer({"next": "give transaction and response_code to /enrolments/continue"})

    return router


def investor_router(desk: InvestorDesk) -> APIRouter:
    """What needs a session."""
    router = APIRouter(prefix="/me", tags=["Investors"])

    @router.get("")
    async def me(request: Request) -> Response:
        """The assets one is enrolled for, the accounts linked, and where one stands in each."""
        return json_answer(await _reading(desk, request, lambda connection, who: _overview(desk, connection, who)))

    @router.post("/challenges", openapi_extra=body_of(NewChallenge))
    async def challenge(request: Request) -> Response:
        """The statement to sign, as text and (EVM) as EIP-712 typed data."""
        body = await read_model(request, NewChallenge)
        asset = bytes.fromhex(body.asset[2:])
        control = await _writing(
            desk,
            request,
            lambda tx, who: desk.accounts.challenge(tx, who.person_id, who.holder, asset, body.chain, body.account),
        )
        return json_answer(_challenge(control), 201)

    @router.post("/challenges/{nonce}/consent", openapi_extra=body_of(NewConsent))
    async def consent(nonce: Id, request: Request) -> Response:
        """Have the holder agree: the answer's `request` goes to the wallet, which shows the statement and signs it.

        The wallet is asked for a credential that was shown before, and for no claim of it. Until it has answered, the
        account can't be linked.
        """
        body = await read_model(request, NewConsent)

        def begin(tx: Transaction, who: Session) -> dict[str, Any]:
            control = desk.accounts.find_challenge(tx.connection, who.person_id, nonce, tx.now)
            policy = desk.policy_of(tx.connection, control.asset, tx.now)
            if policy is None:
                raise AssetUnknown
            known = desk.people.bound_to(tx.connection, who.person_id, control.holder, policy, tx.now)
            if not known:
                raise ConsentRefused("no credential of this wallet counts any more; enrol again")
            asked = Consent(who.person_id, nonce, known[0][0])
            started = desk.requests.start(tx, policy, ResponseMode(body.response_mode), body.return_to, asked)
            return {"request": started.request, "expires_at": started.expires_at}

        return json_answer(await _writing(desk, request, begin), 201)

    @router.post("/accounts", openapi_extra=body_of(NewAccount))
    async def link(request: Request) -> Response:
        """Link the account that signed the statement, once its holder has agreed; the chain is told with the next batch."""
        body = await read_model(request, NewAccount)
        proof = Proof(Scheme(body.scheme), parse_signature(body.signature))
        control = await _reading(
            desk,
            request,
            lambda connection, who: desk.accounts.find_challenge(connection, who.person_id, body.nonce, desk.clock()),
        )
        # Outside of the transaction: it may ask a chain.
        await run_in_threadpool(desk.accounts.check, control, proof, desk.contracts)
        linked = await _writing(desk, request, lambda tx, who: desk.accounts.link(tx, who.person_id, control, proof))
        desk.wake()
        return json_answer(_account(linked), 201)

    @router.post("/accounts/{account_id}/unlink")
    async def unlink(account_id: Id, request: Request) -> Response:
        """Take an account back. Another one can be linked when the cooling time is over."""
        await _writing(desk, request, lambda tx, who: desk.accounts.unlink(tx, INVESTOR, who.person_id, account_id))
        desk.unlinked()
        return json_answer({"state": "unbinding"})

    @router.get("/export")
    async def export(request: Request) -> Response:
        """Everything held about oneself."""

        def read(tx: Transaction, who: Session) -> dict[str, Any]:
            tx.note(INVESTOR, "person.export", who.person_id)
            return desk.people.export(tx.connection, who.person_id)

        return json_answer(await _writing(desk, request, read))

    @router.post("/end")
    async def end(request: Request) -> Response:
        """End the relationship: one receives nothing any more, can still leave every asset, and the time of keeping runs.

        Whoever enrols again takes it up again.
        """

        def finish(tx: Transaction, who: Session) -> int:
            return desk.people.end(tx, INVESTOR, who.person_id)

        until = await _writing(desk, request, finish)
        desk.ended()
        return json_answer({"state": "ended", "kept_until": until})

    @router.post("/leave")
    async def leave(request: Request) -> Response:
        """End the session."""
        token = _token(request)
        await _writing(desk, request, lambda tx, _: desk.sessions.close(tx, token))
        return json_answer({"state": "closed"})

    return router


def _token(request: Request) -> str:
    try:
        return bearer_of(request)
    except StaffRefused:
        raise SessionRefused from None


async def _reading(desk: InvestorDesk, request: Request, job: Callable[[Connection, Session], T]) -> T:
    token = _token(request)

    def read() -> T:
        with desk.database.read() as connection:
            return job(connection, desk.sessions.require(connection, token, desk.clock()))

    return await run_in_threadpool(read)


async def _writing(desk: InvestorDesk, request: Request, job: Callable[[Transaction, Session], T]) -> T:
    token = _token(request)
    return await desk.writer.run(lambda tx: job(tx, desk.sessions.require(tx.connection, token, tx.now)))


def _overview(desk: InvestorDesk, connection: Connection, who: Session) -> dict[str, Any]:
    now = desk.clock()
    return {
        "enrolments": [
            {
                "asset": "0x" + asset.hex(),
                "investor": "0x" + investor.hex(),
                "standing": dict(desk.standing_of(connection, who.person_id, asset, now)),
                "accounts": [_account(one) for one in desk.accounts.accounts_of(connection, who.person_id, asset)],
            }
            for asset, investor in desk.people.assets_of(connection, who.person_id)
        ],
        "under_review": desk.people.is_under_review(connection, who.person_id),
        "chains": sorted(desk.accounts.chains),
        "session_expires_at": who.expires_at,
    }


def _challenge(control: AccountControl) -> dict[str, Any]:
    answer: dict[str, Any] = {"nonce": control.nonce, "expires_at": control.expires_at, "text": control.text()}
    if control.is_evm:
        answer["typed_data"] = control.typed_data()
    return answer


def _account(account: BoundAccount) -> dict[str, Any]:
    return {
        "id": account.id,
        "asset": "0x" + account.asset.hex(),
        "chain": account.chain,
        "account": account_text(account.chain, account.account),
        "state": account.state.value,
    }
