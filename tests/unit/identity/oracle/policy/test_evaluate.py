"""What counts as evidence, for a rule and for its opposite, and how long a verdict is good."""

from __future__ import annotations

from typing import Any

import pytest

from identity.oracle.policy.evaluate import Truth, Verdict, evaluate
from identity.oracle.policy.evidence import Standing, Weighed
from identity.oracle.policy.findings import FindingKind
from tests.unit.identity.oracle.policy.policies import DAY, ISSUER, NOW, OTHER, policy, weighed

US = {"topic": "us_person", "where": {"us_person": {"equals": True}}}
QUALIFIED = {"topic": "investor_qualification", "where": {"regime": {"in": ["us_501a", "eu_mifid2"]}}}


def us(says: object, standing: Standing = Standing.VALID, **changed: Any) -> Weighed:
    return weighed("us_person", standing, claims={"us_person": says}, **changed)


def qualified(regime: str, standing: Standing = Standing.VALID, **changed: Any) -> Weighed:
    return weighed("investor_qualification", standing, claims={"regime": regime}, **changed)


def verdict(admit: dict[str, Any], *held: Weighed, now: int = NOW, **changed: Any) -> Verdict:
    return evaluate(policy(admit, **changed), held, now)


def kinds(one: Verdict) -> set[FindingKind]:
    return {finding.kind for finding in one.findings}


def test_a_valid_credential_that_meets_the_rule_admits_until_it_ends() -> None:
    one = qualified("us_501a")
    found = verdict(QUALIFIED, one)
    assert found == Verdict(Truth.TRUE, "everyone", NOW + 100 * DAY, (one.evidence.digest,), ())


@pytest.mark.parametrize(
    ("held", "truth", "kind"),
    [
        ([], Truth.UNKNOWN, FindingKind.MISSING),
        ([qualified("us_501a", valid_until=NOW)], Truth.UNKNOWN, FindingKind.EXPIRED),
        ([qualified("us_501a", Standing.EXPIRED)], Truth.UNKNOWN, FindingKind.EXPIRED),
        ([qualified("us_501a", valid_from=NOW + 1)], Truth.UNKNOWN, FindingKind.NOT_YET),
        ([qualified("us_501a", Standing.UNREACHABLE)], Truth.UNKNOWN, FindingKind.UNREACHABLE),
        ([weighed("investor_qualification")], Truth.UNKNOWN, FindingKind.NOT_SHOWN),
        ([qualified("us_501a", Standing.SUSPENDED)], Truth.FALSE, FindingKind.SUSPENDED),
        ([qualified("us_501a", Standing.INVALID)], Truth.FALSE, FindingKind.REVOKED),
        ([qualified("us_501a", Standing.UNTRUSTED)], Truth.FALSE, FindingKind.UNTRUSTED),
        ([qualified("us_501a", issuer="did:web:nobody.example")], Truth.FALSE, FindingKind.UNTRUSTED),
        ([qualified("hk_sfo")], Truth.FALSE, FindingKind.NOT_MET),
    ],
)
def test_nothing_else_admits_and_only_what_was_taken_back_is_false(
    held: list[Weighed], truth: Truth, kind: FindingKind
) -> None:
    found = verdict(QUALIFIED, *held)
    assert (found.truth, kinds(found)) == (truth, {kind})
    assert (found.bucket, found.valid_until, found.used) == (None, None, ())


@pytest.mark.parametrize("standing", [Standing.INVALID, Standing.SUSPENDED, Standing.UNTRUSTED])
@pytest.mark.parametrize("says", [True, False])
def test_losing_a_credential_never_admits_by_not(standing: Standing, says: bool) -> None:
    assert verdict({"not": US}, us(says, standing)).truth is Truth.FALSE
    assert verdict({"not": {"not": US}}, us(says, standing)).truth is Truth.FALSE


def test_not_needs_a_credential_that_says_otherwise() -> None:
    assert verdict({"not": US}).truth is Truth.UNKNOWN
    assert verdict({"not": US}, us(True)).truth is Truth.FALSE
    assert verdict({"not": US}, us(False)).truth is Truth.TRUE
    assert verdict({"not": US}, us(False, valid_until=NOW)).truth is Truth.UNKNOWN
    assert verdict({"not": US}, us(False, Standing.UNREACHABLE)).truth is Truth.UNKNOWN


def test_under_not_a_friendlier_credential_outweighs_nothing() -> None:
    friendly = us(False, issuer=OTHER)
    assert verdict({"not": US}, us(True), friendly).truth is Truth.FALSE
    assert verdict({"not": US}, us(True, Standing.INVALID), friendly).truth is Truth.FALSE
    assert verdict({"not": US}, us(True, Standing.SUSPENDED), friendly).truth is Truth.FALSE
    assert verdict({"not": US}, us(True, Standing.UNREACHABLE), friendly).truth is Truth.UNKNOWN
    assert verdict({"not": {**US, "max_age": DAY * 5}}, us(True), us(False, checked_at=NOW)).truth is Truth.FALSE
    assert verdict({"not": US}, us(True, valid_until=NOW), friendly).truth is Truth.TRUE
    assert verdict({"not": US}, us(True, issuer="did:web:nobody.example"), friendly).truth is Truth.TRUE


def test_an_issuers_later_word_replaces_its_revoked_one_but_no_suspended_one() -> None:
    later = us(False, issued_at=NOW - DAY)
    assert verdict({"not": US}, us(True, Standing.INVALID), later).truth is Truth.TRUE
    assert verdict({"not": US}, us(True, Standing.SUSPENDED), later).truth is Truth.FALSE
    earlier = us(False, issued_at=NOW - 20 * DAY)
    assert verdict({"not": US}, us(True, Standing.INVALID), earlier).truth is Truth.FALSE


def test_what_was_replaced_does_not_come_back_when_its_replacement_expires() -> None:
    revoked, replacement = us(True, Standing.INVALID), us(False, issued_at=NOW - DAY, valid_until=NOW)
    assert verdict({"not": US}, revoked, replacement, us(False, issuer=OTHER)).truth is Truth.TRUE
    assert verdict({"not": US}, revoked, replacement).truth is Truth.UNKNOWN


def test_a_revoked_credential_ends_it_at_once_although_an_expired_one_is_still_held() -> None:
    old = qualified("us_501a", valid_until=NOW - DAY, issued_at=NOW - 400 * DAY)
    assert verdict(QUALIFIED, qualified("us_501a", Standing.INVALID), old).truth is Truth.FALSE


def test_a_revoked_credential_ends_it_although_another_issuers_list_is_unreachable() -> None:
    other = qualified("us_501a", Standing.UNREACHABLE, issuer=OTHER)
    assert verdict(QUALIFIED, qualified("us_501a", Standing.INVALID), other).truth is Truth.FALSE
    assert verdict(QUALIFIED, qualified("hk_sfo", Standing.INVALID), other).truth is Truth.UNKNOWN


def test_a_renewed_credential_waits_like_any_other_while_its_list_is_unreachable() -> None:
    renewed = qualified("us_501a", Standing.UNREACHABLE, issued_at=NOW - DAY)
    assert verdict(QUALIFIED, qualified("us_501a", Standing.INVALID), renewed).truth is Truth.UNKNOWN


def test_distrust_from_a_date_counts_from_that_second() -> None:
    since = {ISSUER: NOW - 10 * DAY}
    assert verdict(QUALIFIED, qualified("us_501a"), since=since).truth is Truth.FALSE
    assert verdict(QUALIFIED, qualified("us_501a", issued_at=NOW - 10 * DAY - 1), since=since).truth is Truth.TRUE


def test_a_check_ages_by_the_second_and_without_its_day_nobody_knows() -> None:
    rule = {**QUALIFIED, "max_age": 10 * DAY}
    fresh = qualified("us_501a", checked_at=NOW - 10 * DAY + 1)
    assert verdict(rule, fresh).valid_until == NOW + 1
    found = verdict(rule, qualified("us_501a"))
    assert (found.truth, kinds(found)) == (Truth.UNKNOWN, {FindingKind.TOO_OLD})
    assert verdict(rule, qualified("us_501a", checked_at=None)).truth is Truth.UNKNOWN
    assert verdict(QUALIFIED, qualified("us_501a", checked_at=None)).truth is Truth.TRUE


@pytest.mark.parametrize("says", [1, 0, "true", "True", "false", "", "yes"])
def test_a_value_of_another_kind_says_nothing_for_or_against(says: object) -> None:
    """An issuer that wrote the text "true" for a US person would else have proved with it that he is none."""
    assert verdict(US, us(says)).truth is Truth.UNKNOWN
    assert verdict({"not": US}, us(says)).truth is Truth.UNKNOWN


@pytest.mark.parametrize("country", ["ir", "Ir", " IR", "IR\u200b", "I.R.", "\uff29\uff32", "\u24be\u24c7", "I\u0301R"])
def test_what_is_nearly_an_excluded_value_does_not_pass_as_another_one(country: str) -> None:
    """The country behind such a spelling is the excluded one: `not_in` compared text and let it through."""
    excluded = {"topic": "residency", "where": {"country": {"not_in": ["IR", "KP"]}}}
    named = {"topic": "residency", "where": {"country": {"in": ["IR", "KP"]}}}
    held = weighed("residency", claims={"country": country})
    for rule in (excluded, {"not": named}, named, {"not": excluded}):
        assert verdict(rule, held).truth is Truth.UNKNOWN
    assert verdict(excluded, weighed("residency", claims={"country": "IS"})).truth is Truth.TRUE


CLEAR = {"topic": "sanctions_screening", "where": {"result": {"equals": "clear"}}}


def screened(result: str, standing: Standing = Standing.VALID, **changed: Any) -> Weighed:
    return weighed("sanctions_screening", standing, claims={"result": result}, **changed)


@pytest.mark.parametrize(
    ("beside", "truth"),
    [
        (screened("hit", issuer=OTHER), Truth.FALSE),
        (screened("hit", issuer=OTHER, issued_at=NOW - 300 * DAY, checked_at=NOW - 300 * DAY), Truth.FALSE),
        (screened("hit", issued_at=NOW - DAY), Truth.FALSE),
        (screened("hit", Standing.UNREACHABLE, issuer=OTHER), Truth.UNKNOWN),
        (screened("hit", Standing.INVALID, issuer=OTHER), Truth.TRUE),
        (screened("hit", issuer=OTHER, valid_until=NOW), Truth.TRUE),
        (screened("hit", issuer="did:web:nobody.example"), Truth.TRUE),
        (screened("hit", issued_at=NOW - 20 * DAY), Truth.TRUE),
        (weighed("sanctions_screening", issuer=OTHER), Truth.TRUE),
    ],
    ids=[
        "another issuer's", "however old", "the same issuer's later one", "of which nobody knows whether it stands",
        "taken back", "over", "nobody's", "replaced by its issuer", "says nothing",
    ],
)  # fmt: skip
def test_a_hit_that_one_issuer_found_is_not_outweighed_by_anothers_clearance(beside: Weighed, truth: Truth) -> None:
    """Who was found by one bureau would else go to the next one, and be admitted on its word alone."""
    found = verdict({**CLEAR, "max_age": 30 * DAY}, screened("clear"), beside)
    assert found.truth is truth
    if truth is Truth.FALSE:
        (finding,) = found.findings
        assert (finding.kind, finding.public_code, finding.public_cure) == (FindingKind.NOT_MET, "under review", None)


def test_two_issuers_that_contradict_each_other_about_anything_else_need_a_rule_that_says_what_counts() -> None:
    both = (us(True), us(False, issuer=OTHER))
    assert verdict({"topic": "us_person", "where": {"us_person": {"equals": False}}}, *both).truth is Truth.TRUE
    assert verdict({"not": US}, *both).truth is Truth.FALSE


@pytest.mark.parametrize(
    ("second", "truth"),
    [(-1, Truth.UNKNOWN), (0, Truth.TRUE), (9, Truth.TRUE), (10, Truth.UNKNOWN), (11, Truth.UNKNOWN)],
)
def test_evidence_counts_from_its_first_second_to_the_last_before_its_end(second: int, truth: Truth) -> None:
    held = qualified("us_501a", valid_from=NOW, valid_until=NOW + 10)
    assert verdict(QUALIFIED, held, now=NOW + second).truth is truth


def test_a_revoked_credential_issued_again_admits_and_the_old_one_beside_it_changes_nothing() -> None:
    old, again = qualified("us_501a", Standing.INVALID), qualified("us_501a", issued_at=NOW - DAY)
    assert verdict(QUALIFIED, old).truth is Truth.FALSE
    found = verdict(QUALIFIED, old, again)
    assert (found.truth, found.used) == (Truth.TRUE, (again.evidence.digest,))


def test_a_list_is_no_value() -> None:
    assert verdict(US, us([True])).truth is Truth.UNKNOWN
    assert verdict({"not": US}, us({"value": False})).truth is Truth.UNKNOWN


@pytest.mark.parametrize(("country", "truth"), [("DE", Truth.TRUE), ("IR", Truth.FALSE), (None, Truth.UNKNOWN)])
def test_an_exclusion_needs_the_claim_to_be_shown(country: str | None, truth: Truth) -> None:
    rule = {"topic": "residency", "where": {"country": {"not_in": ["IR", "KP"]}}}
    assert verdict(rule, weighed("residency", claims={"country": country} if country else {})).truth is truth


def test_one_element_of_a_list_is_enough_and_its_absence_proves_nothing() -> None:
    rule = {"topic": "kyc", "where": {"nationalities/*": {"in": ["DE", "FR"]}}}
    assert verdict(rule, weighed("kyc", claims={"nationalities": ["IR", "FR"]})).truth is Truth.TRUE
    assert verdict(rule, weighed("kyc", claims={"nationalities": ["IR"]})).truth is Truth.UNKNOWN
    assert verdict({"not": rule}, weighed("kyc", claims={"nationalities": ["IR"]})).truth is Truth.UNKNOWN
    assert verdict(rule, weighed("kyc", claims={"nationalities": []})).truth is Truth.UNKNOWN


def test_all_tests_of_a_rule_are_met_by_one_and_the_same_credential() -> None:
    rule = {"topic": "residency", "where": {"country": {"equals": "DE"}, "proof": {"equals": "eid"}}}
    halves = (
        weighed("residency", claims={"country": "DE", "proof": "utility_bill"}),
        weighed("residency", claims={"country": "FR", "proof": "eid"}),
    )
    assert verdict(rule, *halves).truth is Truth.FALSE


def test_all_ends_with_the_first_and_any_with_the_last() -> None:
    short, long = us(False, valid_until=NOW + 5), qualified("us_501a", valid_until=NOW + 9)
    both = {"all": [{"not": US}, QUALIFIED]}
    either = {"any": [{"not": US}, QUALIFIED]}
    assert verdict(both, short, long).valid_until == NOW + 5
    assert verdict(both, short, long).used == (short.evidence.digest, long.evidence.digest)
    assert verdict(either, short, long).valid_until == NOW + 9
    assert verdict(either, short, long).used == (long.evidence.digest,)
    longer = qualified("eu_mifid2", valid_until=NOW + 11)
    assert verdict(QUALIFIED, long, longer).used == (longer.evidence.digest,)


BUCKETS: dict[str, Any] = {"buckets": [{"name": "us", "seats": 1, "when": US}, {"name": "rest", "seats": 2}]}


def test_the_first_bucket_whose_rule_is_true_is_taken() -> None:
    assert verdict(QUALIFIED, qualified("us_501a"), us(True), **BUCKETS).bucket == "us"
    assert verdict(QUALIFIED, qualified("us_501a"), us(False), **BUCKETS).bucket == "rest"


@pytest.mark.parametrize(
    ("held", "truth"),
    [
        ([], Truth.UNKNOWN),
        ([us(True, Standing.UNREACHABLE)], Truth.UNKNOWN),
        ([us(True, Standing.INVALID)], Truth.FALSE),
        ([us(True, Standing.SUSPENDED)], Truth.FALSE),
    ],
)
def test_nobody_passes_a_bucket_by_because_nothing_is_known(held: list[Weighed], truth: Truth) -> None:
    assert verdict(QUALIFIED, qualified("us_501a"), *held, **BUCKETS).truth is truth


def test_the_evidence_that_places_somebody_ends_the_verdict_too() -> None:
    found = verdict(QUALIFIED, qualified("us_501a"), us(False, valid_until=NOW + 3), **BUCKETS)
    assert found.valid_until == NOW + 3
    assert len(found.used) == 2


def test_everything_that_fails_is_named() -> None:
    rule = {"all": [{"topic": "kyc"}, QUALIFIED, {"any": [US, {"topic": "residency"}]}]}
    found = verdict(rule, qualified("hk_sfo"), us(False))
    assert {(finding.topic, finding.kind) for finding in found.findings} == {
        ("kyc", FindingKind.MISSING),
        ("investor_qualification", FindingKind.NOT_MET),
        ("us_person", FindingKind.NOT_MET),
        ("residency", FindingKind.MISSING),
    }


def test_what_screening_found_reads_under_review_without_a_cure() -> None:
    rule = {"topic": "sanctions_screening", "where": {"result": {"equals": "clear"}}}
    for standing in (Standing.INVALID, Standing.SUSPENDED, Standing.UNTRUSTED):
        (finding,) = verdict(rule, weighed("sanctions_screening", standing)).findings
        assert (finding.public_code, finding.public_text, finding.public_cure) == ("under review", "under review", None)
        assert finding.code == 9
    (missing,) = verdict(rule).findings
    assert missing.public_code == "ReceiverNotEligible"
    assert missing.public_cure == "Present a credential on sanctions screening."


@pytest.mark.parametrize(
    ("held", "code"),
    [
        ([], 9),
        ([qualified("hk_sfo")], 9),
        ([qualified("us_501a", Standing.INVALID)], 9),
        ([qualified("us_501a", valid_until=NOW)], 10),
        ([qualified("us_501a", Standing.UNREACHABLE)], 11),
    ],
)
def test_a_finding_has_the_number_a_chain_would_give(held: list[Weighed], code: int) -> None:
    (finding,) = verdict(QUALIFIED, *held).findings
    assert finding.code == code
    assert finding.public_text.startswith(("The ", "No "))
    assert finding.public_cure
