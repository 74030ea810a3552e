"""What a signer makes of the evidence it is shown: it verifies everything again and evaluates the policy by itself.

The evidence comes without key binding (that answered the oracle's challenge) and without any disclosure that no rule
needs. One that tells more is refused: a signer must never learn a name, not even from an oracle that sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bridge.errors import LockstepError
from identity.errors import FetchFailed, IdentityError
from identity.formats.base import IssuerKeys, VerifiedCredential
from identity.formats.jwk import PublicKey
from identity.formats.jws import parse_jws
from identity.formats.sd_jwt import choose, parse_sd_jwt
from identity.formats.sd_jwt_vc import TYPES, SdJwtVc
from identity.formats.status_list import Status, VerifiedStatusList, verify_status_list_token
from identity.formats.strict import decode_base64url
from identity.oracle.policy.document import Policy
from identity.oracle.policy.evaluate import Truth, Verdict, evaluate
from identity.oracle.policy.evidence import Evidence, Standing, Weighed
from identity.oracle.policy.queries import evidence_of, rule_paths
from identity.oracle.policy.topics import SUBJECT, TOPICS
from identity.oracle.signer.errors import Check, CheckFailed

KeysFor = Callable[[Policy], IssuerKeys]
"""The keys of the issuers that a policy trusts."""

STANDINGS: Mapping[int, Standing] = {
    Status.VALID: Standing.VALID,
    Status.INVALID: Standing.INVALID,
    Status.SUSPENDED: Standing.SUSPENDED,
}

FORBIDDEN = frozenset({SUBJECT, *(name for topic in TOPICS.values() for name in topic.identity)}) - frozenset(
    path for topic in TOPICS.values() for path in topic.rules
)
"""Claims that tell whose credential it is. Where a rule may name one (an entity's LEI), it is judged as a rule's claim."""


@dataclass(frozen=True, slots=True)
class Bond:
    """A verified credential and the key that it is bound to: by this key its holder agrees to things.

    `jwt`: the issuer's signed part; `hash_name`: how its presentations are hashed. `in_force`: not taken back, and of an
    issuer that the policy relies on.
    """

    topic: str
    jwt: str
    hash_name: object
    holder: PublicKey
    in_force: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """What the evidence comes to, and the marks of the person behind it (32 bytes each)."""

    verdict: Verdict
    marks: tuple[bytes, ...]
    bonds: tuple[Bond, ...]


class StatusLists:
    """The status lists that came with one request; each is verified once."""

    def __init__(self, tokens: Mapping[str, str], keys: IssuerKeys, now: int, max_age: int) -> None:
        self._tokens, self._keys, self._now, self._max_age = tokens, keys, now, max_age
        self._read: dict[str, VerifiedStatusList] = {}

    def standing(self, evidence: Evidence) -> Standing:
        """How one credential stands by a list that its own issuer signed, at most `max_age` seconds ago. CheckFailed."""
        reference = evidence.status
        if reference is None:
            raise CheckFailed(Check.STATUS, "a credential that nobody could revoke")
        known = self._list(reference.uri)
        if known.issuer != evidence.issuer:
            raise CheckFailed(Check.STATUS, "the list is of another issuer")
        if self._now - known.issued_at > self._max_age:
            raise CheckFailed(Check.STATUS, f"the list is {self._now - known.issued_at} s old")
        try:
            return STANDINGS.get(known.statuses.at(reference.index), Standing.INVALID)
        except IdentityError as error:
            raise CheckFailed(Check.STATUS, str(error)) from None

    def _list(self, uri: str) -> VerifiedStatusList:
        if uri not in self._read:
            if uri not in self._tokens:
                raise CheckFailed(Check.STATUS, "the list is missing")
            try:
                self._read[uri] = verify_status_list_token(self._tokens[uri], uri, self._keys, self._now)
            except FetchFailed:
                raise
            except LockstepError as error:
                raise CheckFailed(Check.STATUS, type(error).__name__) from None
        return self._read[uri]


def judge(policy: Policy, wires: Sequence[str], keys: IssuerKeys, lists: StatusLists, now: int) -> Judged:
    """The verdict over the evidence of one person.

    Raises:
        CheckFailed: EVIDENCE (missing, not signed by a trusted issuer, out of its time), DISCLOSURE, STATUS.
        FetchFailed: an issuer's keys can't be had now.
    """
    if not wires:
        raise CheckFailed(Check.EVIDENCE, "there is none")
    weighed: list[Weighed] = []
    marks: list[bytes] = []
    bonds: list[Bond] = []
    for wire in wires:
        credential = _verified(wire, keys, now)
        try:
            evidence = evidence_of(policy, credential)
        except LockstepError as error:
            raise CheckFailed(Check.EVIDENCE, type(error).__name__) from None
        _require_minimal(policy, evidence.topic, wire, credential)
        standing = lists.standing(evidence)
        weighed.append(Weighed(evidence, standing))
        if credential.holder is None:
            raise CheckFailed(Check.EVIDENCE, "a credential that is bound to no holder")
        in_force = standing is Standing.VALID and _is_relied_on(policy, evidence)
        bonds.append(_bond(evidence.topic, wire, credential.holder, in_force))
        marks += (credential.digest, decode_base64url(credential.holder.thumbprint))
    return Judged(_verdict(policy, weighed, bonds, now), tuple(marks), tuple(bonds))


def require_true(verdict: Verdict) -> tuple[str, int]:
    """The bucket and the end of a verdict that admits. CheckFailed otherwise: only TRUE does."""
    if verdict.truth is not Truth.TRUE or verdict.bucket is None or verdict.valid_until is None:
        raise CheckFailed(Check.VERDICT, f"the policy says {verdict.truth.name.lower()}")
    return verdict.bucket, verdict.valid_until


def _verified(wire: str, keys: IssuerKeys, now: int) -> VerifiedCredential:
    try:
        return SdJwtVc().verify(wire, keys, now)
    except FetchFailed:
        raise
    except LockstepError as error:
        # The kind alone: a message could quote what was shown.
        raise CheckFailed(Check.EVIDENCE, type(error).__name__) from None


def _verdict(policy: Policy, weighed: Sequence[Weighed], bonds: Sequence[Bond], now: int) -> Verdict:
    """What the credentials of one holder come to, beside all that was taken back; of several holders, the one admitted.

    Signers see no names. Credentials bound to different keys could be those of two people: one who is known, and a friend who is
    accredited. Who got credentials anew under another key is admitted by those alone.
    """
    holders = dict.fromkeys(bond.holder.thumbprint for bond in bonds if bond.in_force)
    pairs = list(zip(weighed, bonds, strict=True))
    verdicts = [
        evaluate(policy, [one for one, bond in pairs if not bond.in_force or bond.holder.thumbprint == holder], now)
        for holder in holders
    ] or [evaluate(policy, weighed, now)]
    return next((one for one in verdicts if one.truth is Truth.TRUE), verdicts[0])


def _bond(topic: str, wire: str, holder: PublicKey, in_force: bool) -> Bond:
    jwt = parse_sd_jwt(wire).jwt
    return Bond(topic, jwt, parse_jws(jwt, types=TYPES).payload.get("_sd_alg", "sha-256"), holder, in_force)


def _is_relied_on(policy: Policy, evidence: Evidence) -> bool:
    distrusted_from = policy.since.get(evidence.issuer)
    if distrusted_from is not None and evidence.issued_at >= distrusted_from:
        return False
    return evidence.issuer in policy.trust.get(evidence.topic, ())


def _require_minimal(policy: Policy, topic: str, wire: str, credential: VerifiedCredential) -> None:
    """Every disclosure lies on the way to a claim that a rule names, and no identifying claim is shown."""
    parts = parse_sd_jwt(wire)
    payload = parse_jws(parts.jwt, types=TYPES).payload
    needed = choose(payload, parts.disclosures, rule_paths(policy, topic))
    if set(needed) != set(parts.disclosures):
        raise CheckFailed(Check.DISCLOSURE, "it shows more than the rules ask")
    if FORBIDDEN & credential.claims.keys():
        raise CheckFailed(Check.DISCLOSURE, "it shows whose it is")
