"""What the oracle says about one order: approve, hold or reject, as a signed statement that lives for seconds.

The answer is computed from the newest evidence and lists, stored, and only then signed and given. It shows public codes
alone. A hold by screening is never a rejection: an early refund would put on the chain what the person must not be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import Connection, insert

from bridge.digests import digest_order
from bridge.refusals import Refusal
from bridge.types import TransferOrder
from identity.formats.jws import SigningKey, build_jws
from identity.formats.strict import encode_base64url, encode_json
from identity.keystore.base import KeyStore
from identity.oracle.deciding.policies import Policies
from identity.oracle.deciding.ports import PersonRecords
from identity.oracle.deciding.reasons import is_under_review, public_codes
from identity.oracle.deciding.screening import Screening
from identity.oracle.deciding.tables import DECISIONS
from identity.oracle.deciding.verdicts import Verdicts
from identity.oracle.policy.document import Policy
from identity.oracle.policy.evaluate import Truth, Verdict
from identity.oracle.policy.findings import FindingKind
from identity.oracle.policy.words import Hold
from identity.ports import Clock, Randomness
from identity.storage.database import Database
from identity.storage.vault import new_id
from identity.storage.writer import Transaction, Writer

DECISION_TYP = "lockstep-decision+jwt"
LIFETIME = 60
"""Seconds for which an answer may be used: at most."""


class Answer(StrEnum):
    """What may be done with an order."""

    APPROVE = "approve"
    HOLD = "hold"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision before it is signed."""

    order_id: bytes
    asset: bytes
    answer: Answer
    codes: tuple[int, ...]
    under_review: bool
    policy: bytes | None
    evidence_version: str
    at: int

    def claims(self, issuer: str) -> dict[str, Any]:
        """The members of the signed statement. `under_review` stands there only when it is so."""
        return {
            "iss": issuer,
            "order": self.order_id.hex(),
            "asset": self.asset.hex(),
            "decision": self.answer.value,
            "codes": list(self.codes),
            "policy": None if self.policy is None else self.policy.hex(),
            "evidence_version": self.evidence_version,
            "iat": self.at,
            "exp": self.at + LIFETIME,
            **({"under_review": True} if self.under_review else {}),
        }


@dataclass(frozen=True, slots=True)
class _Party:
    """One end of an order: the verdict on it, what screening says, and whether only a new credential could change it."""

    verdict: Verdict
    hold: Hold
    final: bool

    @property
    def reviewed(self) -> bool:
        return is_under_review(self.verdict, self.hold)


class Decisions:
    """Decides on orders."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        clock: Clock,
        randomness: Randomness,
        keys: KeyStore,
        issuer: str,
        signer: Callable[[], SigningKey],
        people: PersonRecords,
        policies: Policies,
        verdicts: Verdicts,
        screening: Screening,
    ) -> None:
        self._database, self._writer, self._clock, self._randomness = database, writer, clock, randomness
        self._keys, self._issuer, self._signer = keys, issuer, signer
        self._people, self._policies, self._verdicts, self._screening = people, policies, verdicts, screening

    async def answer(self, order: TransferOrder) -> str:
        """Decides, stores the decision, and signs it when it is on the disk. A JWT of type `lockstep-decision+jwt`."""
        decided = self.decide(order, self._clock())
        await self._writer.run(partial(self._record, decided=decided))
        signer = self._signer()
        return build_jws({"typ": DECISION_TYP, "kid": signer.key_id}, decided.claims(self._issuer), signer)

    def decide(self, order: TransferOrder, now: int) -> Decided:
        """The decision at a UTC second. Reads only; fetches nothing.

        - Somebody under review: hold, and nothing else is said.
        - No policy, or an end that the oracle doesn't know: hold; it may become known before the deadline.
        - To oneself: approve, with the public codes of whom the policy doesn't admit now. Whether a lapsed holder may
          come home is a rule of the chains.
        - Otherwise by the receiver's verdict: true approves, unknown or merely suspended holds, false rejects.
        """
        with self._database.read() as connection:
            policy = self._policies.active(connection, order.asset, now)
            parties = self._parties(connection, policy, order, now)
        sender, receiver = parties[order.from_investor], parties[order.to_investor]
        answer, codes, review = _weigh(policy, sender, receiver)
        return Decided(
            order_id=digest_order(order),
            asset=order.asset,
            answer=answer,
            codes=codes,
            under_review=review,
            policy=None if policy is None else policy.digest,
            evidence_version=self._version(policy, (sender, receiver)),
            at=now,
        )

    def _parties(
        self, connection: Connection, policy: Policy | None, order: TransferOrder, now: int
    ) -> Mapping[bytes, _Party | None]:
        """Both ends by investor; None for one that isn't known, and for both when there is no policy to judge them by."""
        known = {
            investor: self._people.person_of(connection, order.asset, investor)
            for investor in (order.from_investor, order.to_investor)
        }
        if policy is None:
            return dict.fromkeys(known)
        persons = [person for person in known.values() if person is not None]
        verdicts = self._verdicts.under_all(connection, policy, persons, now)
        return {
            investor: None if person is None else self._party(connection, policy, person, verdicts[person], now)
            for investor, person in known.items()
        }

    def _party(self, connection: Connection, policy: Policy, person: str, verdict: Verdict, now: int) -> _Party:
        final = verdict.truth is Truth.FALSE and bool(verdict.findings)
        if final and any(one.kind is FindingKind.SUSPENDED for one in verdict.findings):
            final = self._verdicts.is_final(connection, policy, person, now)
        return _Party(verdict, self._screening.hold_of(connection, person), final)

    def _version(self, policy: Policy | None, parties: Sequence[_Party | None]) -> str:
        """A keyed digest of what the answer rests on: two equal ones rest on the same, and nobody learns on what.

        All reviews of an asset under one policy have one: who asks again would else see that something has changed in one.
        """
        if any(party is not None and party.reviewed for party in parties):
            parties = ()
        basis = [
            "" if policy is None else policy.digest.hex(),
            [
                None
                if party is None
                else [
                    party.verdict.truth.name,
                    sorted(digest.hex() for digest in party.verdict.used),
                    [[one.topic, one.kind.value] for one in party.verdict.findings],
                    party.hold.value,
                ]
                for party in parties
            ],
        ]
        return encode_base64url(self._keys.mac("evidence-version", encode_json(basis))[:16])

    def _record(self, tx: Transaction, *, decided: Decided) -> None:
        row = {
            "id": new_id(self._randomness),
            "order_id": decided.order_id,
            "asset": decided.asset,
            "decision": decided.answer.value,
            "codes": ",".join(str(code) for code in decided.codes),
            "under_review": decided.under_review,
            "policy": decided.policy,
            "evidence_version": decided.evidence_version,
            "at": decided.at,
        }
        tx.connection.execute(_RECORD, row)


_RECORD = insert(DECISIONS)


def _weigh(
    policy: Policy | None, sender: _Party | None, receiver: _Party | None
) -> tuple[Answer, tuple[int, ...], bool]:
    """Answer, public codes, and whether it is a review."""
    if any(party is not None and party.reviewed for party in (sender, receiver)):
        return Answer.HOLD, (), True
    if policy is None:
        return Answer.HOLD, (int(Refusal.AssetUnknown),), False
    unknown = [
        int(code)
        for party, code in ((sender, Refusal.SenderUnbound), (receiver, Refusal.ReceiverUnbound))
        if party is None
    ]
    if sender is None or receiver is None:
        return Answer.HOLD, tuple(unknown), False
    if receiver.verdict.truth is Truth.TRUE:
        return Answer.APPROVE, (), False
    if receiver is sender:
        # The codes say that the oracle doesn't vouch for him: if his chain denies him, that is no word on its way.
        return Answer.APPROVE, public_codes(receiver.verdict, receiver.hold), False
    # A suspension may be lifted before the deadline, and an unknown become known: only what stays so ends an order.
    return (Answer.REJECT if receiver.final else Answer.HOLD), public_codes(receiver.verdict, receiver.hold), False
