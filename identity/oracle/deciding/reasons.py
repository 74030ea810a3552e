"""Reasons have audiences. Everybody but the compliance role reads public codes; a hold reads `under review` and no more.

Telling a person that somebody looks at him for money laundering or sanctions is an offence in most places. So a hold
hides everything else too: what would be said beside it, or cured by it, would tell by being there or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bridge.refusals import UNDER_REVIEW, Refusal
from identity.oracle.deciding.screening import Hit
from identity.oracle.policy.evaluate import Truth, Verdict
from identity.oracle.policy.findings import Finding
from identity.oracle.policy.words import Hold


@dataclass(frozen=True, slots=True)
class Told:
    """One reason as an investor reads it."""

    code: str
    text: str
    cure: str | None


def is_under_review(verdict: Verdict, hold: Hold) -> bool:
    """Whether people are told no more than that: held by screening, or failing a credential of screening."""
    return hold is not Hold.NONE or any(finding.is_covered for finding in verdict.findings)


def public_codes(verdict: Verdict, hold: Hold) -> tuple[int, ...]:
    """The numbers that chain, attestor and relayer may see, ascending; none of a review."""
    if is_under_review(verdict, hold) or verdict.truth is Truth.TRUE:
        return ()
    return tuple(sorted({int(finding.code) for finding in verdict.findings})) or (int(Refusal.ReceiverNotEligible),)


def for_investor(verdict: Verdict, hold: Hold) -> tuple[Told, ...]:
    """What the investor reads about himself."""
    if is_under_review(verdict, hold):
        return (Told(UNDER_REVIEW, UNDER_REVIEW, None),)
    told = [Told(one.public_code, one.public_text, one.public_cure) for one in verdict.findings]
    return tuple(dict.fromkeys(told))


def for_compliance(verdict: Verdict, hold: Hold, hits: Sequence[tuple[Hit, Any]]) -> dict[str, Any]:
    """Everything, for the one role that may know. Whoever reads it is noted by the caller."""
    return {
        "truth": verdict.truth.name,
        "hold": hold.value,
        "findings": [_finding(one) for one in verdict.findings],
        "hits": [hit_document(hit, reason) for hit, reason in hits],
    }


def hit_document(hit: Hit, reason: Any = None) -> dict[str, Any]:
    """A hit as JSON; without its reason when none is given."""
    document: dict[str, Any] = {
        "id": hit.id,
        "person_id": hit.person_id,
        "source": hit.source,
        "state": hit.state.value,
        "first_by": hit.first_by,
        "opened_at": hit.opened_at,
        "decided_by": hit.decided_by,
        "decided_at": hit.decided_at,
    }
    return document if reason is None else {**document, "reason": reason}


def _finding(finding: Finding) -> dict[str, Any]:
    return {"topic": finding.topic, "kind": finding.kind.value, "code": int(finding.code)}
