"""Everybody but the compliance role reads public codes, and of somebody held no more than `under review`."""

from __future__ import annotations

import itertools

import pytest

from bridge.refusals import UNDER_REVIEW, Refusal
from identity.oracle.deciding.reasons import Told, for_compliance, for_investor, is_under_review, public_codes
from identity.oracle.deciding.screening import Hit, HitState
from identity.oracle.policy.evaluate import Truth, Verdict
from identity.oracle.policy.findings import Finding, FindingKind
from identity.oracle.policy.words import Hold

HELD = [Hold.SUSPECTED, Hold.CONFIRMED]


def verdict(truth: Truth, *findings: Finding) -> Verdict:
    return Verdict(truth, None, None, (), findings)


ADMITTED = Verdict(Truth.TRUE, "all", 5, (b"1",), ())


@pytest.mark.parametrize("hold", HELD)
def test_whoever_is_held_reads_the_same_whatever_else_there_is(hold: Hold) -> None:
    others = [
        ADMITTED,
        verdict(Truth.FALSE, Finding("residency", FindingKind.NOT_MET)),
        verdict(Truth.UNKNOWN, Finding("kyc", FindingKind.EXPIRED)),
        verdict(Truth.FALSE, Finding("sanctions_screening", FindingKind.NOT_MET, screening=True)),
    ]
    for one in others:
        assert for_investor(one, hold) == (Told(UNDER_REVIEW, UNDER_REVIEW, None),)
        assert public_codes(one, hold) == ()


def test_a_screening_credential_that_fails_reads_as_a_hold_does() -> None:
    failed = verdict(
        Truth.FALSE,
        Finding("kyc", FindingKind.EXPIRED),
        Finding("sanctions_screening", FindingKind.REVOKED, screening=True),
    )
    assert is_under_review(failed, Hold.NONE)
    assert for_investor(failed, Hold.NONE) == for_investor(ADMITTED, Hold.SUSPECTED)
    assert public_codes(failed, Hold.NONE) == ()


@pytest.mark.parametrize("kind", [FindingKind.MISSING, FindingKind.EXPIRED, FindingKind.UNREACHABLE])
def test_what_the_calendar_does_to_a_screening_credential_is_told(kind: FindingKind) -> None:
    plain = verdict(Truth.UNKNOWN, Finding("sanctions_screening", kind, screening=True))
    assert not is_under_review(plain, Hold.NONE)
    assert for_investor(plain, Hold.NONE)[0].cure is not None


def test_anybody_else_reads_the_rule_and_its_cure() -> None:
    expired = verdict(Truth.UNKNOWN, Finding("kyc", FindingKind.EXPIRED), Finding("residency", FindingKind.MISSING))
    told = for_investor(expired, Hold.NONE)
    assert [one.code for one in told] == ["EligibilityExpired", "ReceiverNotEligible"]
    assert all(one.cure for one in told)
    assert public_codes(expired, Hold.NONE) == (Refusal.ReceiverNotEligible, Refusal.EligibilityExpired)
    assert for_investor(ADMITTED, Hold.NONE) == ()
    assert public_codes(ADMITTED, Hold.NONE) == ()


def test_somebody_of_whom_nothing_is_known_is_not_eligible() -> None:
    assert public_codes(verdict(Truth.FALSE), Hold.NONE) == (9,)


def test_no_public_word_about_a_held_person_tells_of_screening() -> None:
    for kind, screening, hold in itertools.product(FindingKind, (False, True), HELD):
        told = repr(for_investor(verdict(Truth.FALSE, Finding("sanctions_screening", kind, screening)), hold))
        assert "sanction" not in told
        assert kind.value not in told.replace(UNDER_REVIEW, "")


def test_the_compliance_role_reads_everything() -> None:
    hit = Hit("h" * 22, "p" * 22, "bureau", HitState.SUSPECTED, "ola", 5, None, None)
    failed = verdict(Truth.FALSE, Finding("sanctions_screening", FindingKind.NOT_MET, screening=True))
    document = for_compliance(failed, Hold.SUSPECTED, [(hit, {"list": "EU"})])
    assert document["findings"] == [{"topic": "sanctions_screening", "kind": "not_met", "code": 9}]
    assert document["hold"] == "suspected"
    assert document["hits"][0]["reason"] == {"list": "EU"}
    assert document["hits"][0]["first_by"] == "ola"
