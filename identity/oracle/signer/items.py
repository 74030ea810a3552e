"""The checks of single items that need no memory: what an item changes, and whether its grounds carry that.

An item that only takes something away needs no grounds: refusing it could keep a revocation from the chains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bridge.eligibility import EligibilityWord
from bridge.types import BindingItem, EligibilityItem, OracleBatch, Permission, QuotaItem
from identity.oracle.people.proofs import Proved
from identity.oracle.policy.document import Policy
from identity.oracle.policy.grid import HORIZON, WEEK
from identity.oracle.signer.accounts import require_consent
from identity.oracle.signer.errors import Check, CheckFailed
from identity.oracle.signer.evidence import Judged, require_true
from identity.oracle.signer.wire import Ground

CLOCK_SKEW = 60
"""Seconds by which the oracle's clock may be ahead of a signer's."""

Places = Mapping[tuple[str, int], Ground]


@dataclass(frozen=True, slots=True)
class ProvedAccount:
    """What a statement of account control proves: the challenge it answers, its end, and when its holder agreed to it."""

    nonce: str
    expires_at: int
    agreed_at: int


@dataclass(frozen=True, slots=True)
class Passed:
    """What a checked item brings: the bucket of its class, the marks of the person, an account proof, a count."""

    bucket: str | None = None
    marks: tuple[bytes, ...] = ()
    proof: ProvedAccount | None = None
    counts: bool = False
    """Whether it uses up some of the hourly budget. A renewal does not: it gives nobody anything new."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the checks of one batch look at. `judge`: (policy, ground) to what its evidence comes to."""

    words: Mapping[tuple[bytes, bytes], EligibilityWord]
    grounds: Places
    policy: Callable[[bytes], Policy]
    judge: Callable[[Policy, Ground], Judged]
    prove: Callable[[BindingItem, Ground], Proved]
    now: int
    written: frozenset[tuple[bytes, bytes]] = field(default=frozenset())
    """(asset, investor) that this very batch writes a word for."""


def takes_only(item: EligibilityItem, before: EligibilityWord) -> bool:
    """Whether an eligibility item gives nothing: fewer permissions, an earlier end, a smaller limit, the same class."""
    if item.limit_delta > 0:
        return False
    if not before.is_record:
        return item.permissions == 0
    return (
        item.class_ == before.class_
        and item.permissions & ~before.permissions == 0
        and item.valid_until <= before.valid_until
    )


def lifts_block(item: EligibilityItem, before: EligibilityWord) -> bool:
    """Whether an item gives somebody the way out back whom only a block can have taken it from."""
    return before.is_record and not before.allows(Permission.SEND) and bool(item.permissions & Permission.SEND)


def is_withdrawal(batch: OracleBatch, words: Mapping[tuple[bytes, bytes], EligibilityWord]) -> bool:
    """Whether a whole batch gives nothing; a heartbeat gives nothing."""
    return (
        all(takes_only(item, words[item.asset, item.investor]) for item in batch.eligibilities)
        and not any(any(item.investor) for item in batch.bindings)
        and all(item.delta <= 0 for item in batch.quotas)
    )


def check_eligibility(around: Surroundings, index: int, item: EligibilityItem) -> Passed:
    """CheckFailed: GROUNDS, CLASS, EVIDENCE, DISCLOSURE, STATUS, VERDICT, VALID_UNTIL."""
    before = around.words[item.asset, item.investor]
    if takes_only(item, before):
        return Passed()
    policy = around.policy(item.asset)
    ground = _ground(around, "eligibility", index)
    if item.class_ == 0 or ground.bucket is None:
        raise CheckFailed(Check.CLASS, "a class without a bucket")
    gains = item.permissions & ~before.permissions
    if not _needs_evidence(item, before):
        if before.is_record and item.class_ != before.class_:
            raise CheckFailed(Check.CLASS, "a holder's class changes by evidence only")
        return Passed(ground.bucket, counts=bool(gains) or item.limit_delta > 0)
    judged = around.judge(policy, ground)
    bucket, until = require_true(judged.verdict)
    if ground.bucket != bucket:
        raise CheckFailed(Check.CLASS, "the evidence belongs into another bucket")
    _require_grid(policy, item.valid_until, until, around.now)
    return Passed(bucket, judged.marks, counts=bool(gains) or item.limit_delta > 0)


def check_quota(around: Surroundings, index: int, item: QuotaItem) -> Passed:
    """CheckFailed: GROUNDS, CLASS, SEATS for a bucket that the policy gives none."""
    if item.delta <= 0:
        return Passed()
    policy = around.policy(item.asset)
    bucket = _ground(around, "quota", index).bucket
    if item.class_ == 0 or bucket is None:
        raise CheckFailed(Check.CLASS, "a class without a bucket")
    if bucket not in policy.seats:
        raise CheckFailed(Check.SEATS, "the policy has no such bucket")
    return Passed(bucket, counts=True)


def check_binding(around: Surroundings, index: int, item: BindingItem) -> Passed:
    """CheckFailed: GROUNDS, RECORD, ACCOUNT, CONSENT, EVIDENCE, DISCLOSURE, STATUS.

    The account must have signed for the very holder whose evidence this is, and that holder must have agreed: a proof
    by the account alone would let a stolen oracle bind an account of its own to somebody else's investor.
    """
    if not any(item.investor):
        return Passed()
    key = (item.asset, item.investor)
    if key not in around.written and not around.words[key].is_record:
        raise CheckFailed(Check.RECORD, "nothing is known of the investor here")
    ground = _ground(around, "binding", index)
    judged = around.judge(around.policy(item.asset), ground)
    proved = around.prove(item, ground)
    agreed_at = require_consent(judged.bonds, proved, around.now)
    proof = ProvedAccount(proved.control.nonce, proved.control.expires_at, agreed_at)
    return Passed(marks=judged.marks, proof=proof, counts=True)


def _needs_evidence(item: EligibilityItem, before: EligibilityWord) -> bool:
    """Whether the item lets somebody receive who could not: not yet, not so long, or not in this class."""
    if not item.permissions & Permission.RECEIVE:
        return False
    return (
        not before.is_record
        or not before.allows(Permission.RECEIVE)
        or item.class_ != before.class_
        or item.valid_until > before.valid_until
    )


def _require_grid(policy: Policy, valid_until: int, until: int, now: int) -> None:
    if valid_until > until:
        raise CheckFailed(Check.VALID_UNTIL, "beyond the end of the evidence")
    if valid_until > now + HORIZON + CLOCK_SKEW:
        raise CheckFailed(Check.VALID_UNTIL, "more than 35 days ahead")
    if valid_until and (valid_until - policy.grid_offset) % WEEK:
        raise CheckFailed(Check.VALID_UNTIL, "not on the asset's grid")


def _ground(around: Surroundings, kind: str, index: int) -> Ground:
    try:
        return around.grounds[kind, index]
    except KeyError:
        raise CheckFailed(Check.GROUNDS, "a grant without grounds") from None
