"""The verifier: what an answer shows, checked whole before anything of it is stored.

In order of cost: the form, the request it answers, then per credential signature, times, holder's key, audience and nonce,
then the policy's query, then the statuses. Keys and lists that are missing are fetched here, in the caller's thread and
before the transaction; the transaction only spends the request and enrols.

An answer to a request for consent enrols nobody: its key binding is kept with the statement that it agrees to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from sqlalchemy import Connection

from identity.formats.base import Challenge, CredentialFormat, IssuerKeys, StatusReference, VerifiedCredential
from identity.formats.sd_jwt import parse_sd_jwt
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.oracle.people.accounts import Accounts
from identity.oracle.people.agreement import Facts, facts_of
from identity.oracle.people.errors import ConsentRefused
from identity.oracle.people.persons import Enrolled, People
from identity.oracle.people.proofs import AccountControl, transaction_data
from identity.oracle.people.records import Shown, without_binding
from identity.oracle.policy.document import Policy
from identity.oracle.policy.evidence import Evidence, Standing
from identity.oracle.policy.queries import evidence_of, identity_of, match
from identity.oracle.policy.topics import TOPICS
from identity.oracle.presenting.answers import Declined, read_answer
from identity.oracle.presenting.errors import AssetUnknown, EvidenceNotValid, RequestGone, StatusUnknown, UnderReview
from identity.oracle.presenting.issuers import IssuerDocuments
from identity.oracle.presenting.requests import Asked, Consent, Requests
from identity.ports import Clock
from identity.storage.database import Database
from identity.storage.writer import Transaction, Writer

PolicyOf = Callable[[Connection, bytes, int], Policy | None]
"""The policy in force for an asset at a time (UTC seconds)."""


class StatusLists(Protocol):
    """What is asked of the room that keeps status lists."""

    def standing(self, reference: StatusReference | None, issuer: str, now: int) -> Standing:
        """What the newest list says of a credential; never fetches."""


Bring = Callable[[Collection[tuple[str, str]]], object]
"""Fetches the status lists at these addresses of these issuers, where none that counts is known. Blocks."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer that was taken: where the wallet sends its holder, and what the enrolment came to (None: no enrolment)."""

    redirect_uri: str
    enrolled: Enrolled | None


class Verifier:
    """Takes answers. All methods block, and are called from threads."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        clock: Clock,
        requests: Requests,
        people: People,
        accounts: Accounts,
        policy_of: PolicyOf,
        documents: IssuerDocuments,
        keys: IssuerKeys,
        lists: StatusLists,
        bring_lists: Bring,
    ) -> None:
        self._database, self._writer, self._clock = database, writer, clock
        self._requests, self._people, self._accounts, self._policy_of = requests, people, accounts, policy_of
        self._documents, self._keys = documents, keys
        self._lists, self._bring_lists = lists, bring_lists
        self._format: CredentialFormat = SdJwtVc()

    def take(self, ticket: str, body: bytes) -> Taken:
        """An answer to the request behind `ticket`.

        Raises:
            RequestGone, AnswerMalformed, Malformed, AlgorithmRefused: it answers nothing, or has another form.
            WrongAudience, WrongNonce, NotInForce, SignatureInvalid, IssuerUnknown: a presentation doesn't hold.
            AnswerRefused, Incomplete: it is not what the policy asks for.
            EvidenceNotValid: an issuer has suspended or revoked a credential; UnderReview: one of screening.
            NotOnePerson, CredentialTaken, TwoRecords: whose credentials they are.
            ConsentRefused, NotAgreedTo, ChallengeUnknown: it is not the consent that was asked for.
            IssuerSilent, StatusUnknown: keys or statuses can't be had now.
        """
        now = self._clock()
        with self._database.read() as connection:
            asked = self._requests.find_answered(connection, ticket, now)
            policy = self._policy_of(connection, asked.asset, now)
        answer = read_answer(body, asked)
        if isinstance(answer, Declined):
            return Taken(self._writer.run_blocking(partial(self._requests.decline, asked=asked)), None)
        if policy is None:
            raise AssetUnknown
        if policy.digest != asked.policy:
            raise RequestGone("the asset's policy has changed; start again")
        if asked.consent is not None:
            return self._agree(policy, asked, asked.consent, answer.presentations)
        shown, holder = self._check(policy, asked, answer.presentations)

        def enrol(tx: Transaction) -> Taken:
            enrolled = self._people.enrol(tx, asked.asset, shown)
            return Taken(self._requests.answer(tx, asked, enrolled.person_id, holder), enrolled)

        return self._writer.run_blocking(enrol)

    def statement(self, connection: Connection, consent: Consent, now: int) -> str:
        """What a request for consent asks to agree to. ChallengeUnknown: spent or over meanwhile."""
        return transaction_data(self._control(connection, consent, now), consent.topic)

    def _control(self, connection: Connection, consent: Consent, now: int) -> AccountControl:
        return self._accounts.find_challenge(connection, consent.person_id, consent.nonce, now)

    def _agree(
        self, policy: Policy, asked: Asked, consent: Consent, presentations: Mapping[str, Sequence[str]]
    ) -> Taken:
        """Keeps a holder's consent: by the key of the statement, and by a credential that this person enrolled with."""
        self._documents.ensure(sorted(policy.trust[consent.topic]))
        now = self._clock()
        with self._database.read() as connection:
            control = self._control(connection, consent, now)
            known = self._people.bound_to(connection, consent.person_id, control.holder, policy, now)
        if presentations.keys() != {consent.topic} or len(presentations[consent.topic]) != 1:
            raise ConsentRefused("exactly one credential was asked for")
        parts = parse_sd_jwt(presentations[consent.topic][0])
        if parts.disclosures or parts.binding is None:
            # The key binding is over whatever is shown: a claim could not be left out when signers are shown it.
            raise ConsentRefused("it shows claims, and none were asked for")
        challenge = Challenge(
            self._requests.client_id,
            asked.nonce,
            transaction_data=(transaction_data(control, consent.topic),),
        )
        credential = self._format.verify_presentation(presentations[consent.topic][0], self._keys, challenge, now)
        if (consent.topic, credential.digest) not in known:
            raise ConsentRefused("by a credential or a key that this investor is not enrolled with")
        self._require_valid([evidence_of(policy, credential)])

        def keep(tx: Transaction) -> Taken:
            assert parts.binding is not None  # noqa: S101 - looked at above
            self._accounts.agree(tx, consent.person_id, consent.nonce, parts.binding)
            return Taken(self._requests.agree(tx, asked), None)

        return self._writer.run_blocking(keep)

    def _check(
        self, policy: Policy, asked: Asked, presentations: Mapping[str, Sequence[str]]
    ) -> tuple[list[Shown], str]:
        trusted = sorted({issuer for issuers in policy.trust.values() for issuer in issuers})
        self._documents.ensure(trusted)
        verified = self._verify(presentations, asked)
        evidence = match(policy, verified)
        wires = {verified[topic][0].digest: without_binding(wire) for topic, (wire,) in presentations.items()}
        credentials = {topic: credentials[0] for topic, credentials in verified.items()}
        self._require_valid(evidence)
        shown = [Shown(one, wires[one.digest], _facts(one.topic, credentials[one.topic])) for one in evidence]
        return shown, shown[0].facts.holder

    def _verify(self, presentations: Mapping[str, Sequence[str]], asked: Asked) -> dict[str, list[VerifiedCredential]]:
        challenge = Challenge(self._requests.client_id, asked.nonce)
        now = self._clock()
        return {
            topic: [self._format.verify_presentation(wire, self._keys, challenge, now) for wire in wires]
            for topic, wires in presentations.items()
        }

    def _require_valid(self, evidence: Sequence[Evidence]) -> None:
        lists = {(one.status.uri, one.issuer) for one in evidence if one.status is not None}
        self._bring_lists(lists)
        now = self._clock()
        for one in evidence:
            standing = self._lists.standing(one.status, one.issuer, now)
            if standing is Standing.UNREACHABLE:
                raise StatusUnknown(one.topic)
            if standing is not Standing.VALID and TOPICS[one.topic].screening:
                raise UnderReview
            if standing is not Standing.VALID:
                raise EvidenceNotValid(one.topic, standing.value)


def _facts(topic: str, credential: VerifiedCredential) -> Facts:
    assert credential.holder is not None  # noqa: S101 - `verify_presentation` refuses credentials without a holder
    claims = {**identity_of(topic, credential), "investor_kind": credential.claims.get("investor_kind")}
    return facts_of(topic, credential.issuer, credential.holder.thumbprint, claims)
