"""The wallet is asked for what rules need and no more, and its answer is checked against that."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from identity.formats.base import VerifiedCredential
from identity.oracle.policy.queries import (
    ClaimsMissing,
    Incomplete,
    IssuerNotTrusted,
    NotAsked,
    TimesMissing,
    WrongType,
    dcql,
    evidence_of,
    identity_of,
    match,
    rule_paths,
)
from tests.unit.identity.oracle.policy.policies import DAY, ISSUER, NOW, OTHER, credential, policy

KYC = {"topic": "kyc", "where": {"level": {"in": ["standard", "enhanced"]}}}
RESIDENT = {"topic": "residency", "where": {"country": {"equals": "DE"}}}
US = {"topic": "us_person", "where": {"us_person": {"equals": True}}}
PERSON = {"given_name": "Ada", "family_name": "Quill", "birthdate": "1980-02-03", "level": "standard"}


def asked(query: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in query["credentials"]}


def claims_of(query: dict[str, Any]) -> list[list[str | None]]:
    return [claim["path"] for claim in query["claims"]]


def test_one_rule_asks_for_one_credential_and_for_its_holders_identity() -> None:
    assert dcql(policy(KYC, trust={"kyc": [ISSUER]})) == {
        "credentials": [
            {
                "id": "kyc",
                "format": "dc+sd-jwt",
                "meta": {"vct_values": ["https://issuer.example/types/kyc/1"]},
                "claims": [
                    {"id": "sub", "path": ["sub"]},
                    {"id": "given_name", "path": ["given_name"]},
                    {"id": "family_name", "path": ["family_name"]},
                    {"id": "birthdate", "path": ["birthdate"]},
                    {"id": "level", "path": ["level"]},
                ],
            }
        ]
    }


def test_the_day_of_a_check_is_asked_for_only_where_its_age_counts() -> None:
    assert ["checked_on"] not in claims_of(asked(dcql(policy(KYC)))["kyc"])
    assert ["checked_on"] in claims_of(asked(dcql(policy({**KYC, "max_age": DAY})))["kyc"])


def test_elements_of_a_list_are_asked_for_with_null() -> None:
    rule = {"topic": "kyc", "where": {"nationalities/*": {"in": ["DE"]}}}
    query = asked(dcql(policy(rule)))["kyc"]
    assert ["nationalities", None] in claims_of(query)
    assert all(claim["id"].replace("_", "").isalnum() for claim in query["claims"])


def test_alternatives_become_options_and_what_is_needed_anyway_stands_in_each() -> None:
    query = dcql(policy({"all": [KYC, {"any": [RESIDENT, {"not": US}]}]}))
    assert query["credential_sets"] == [{"options": [["kyc", "residency"], ["kyc", "us_person"]], "required": True}]
    assert set(asked(query)) == {"kyc", "residency", "us_person"}


def test_without_alternatives_all_are_needed_and_no_sets_are_given() -> None:
    assert "credential_sets" not in dcql(policy({"all": [KYC, RESIDENT, {"not": US}]}))


def test_the_opposite_of_all_is_refuted_by_any_one() -> None:
    query = dcql(policy({"not": {"all": [RESIDENT, US]}}))
    assert query["credential_sets"][0]["options"] == [["residency"], ["us_person"]]


def test_an_option_that_holds_another_whole_comes_before_it() -> None:
    """Else a wallet would answer with the smaller one although only the larger one admits its holder."""
    offshore = {"topic": "us_person", "where": {"us_person": {"equals": False}}}
    query = dcql(policy({"any": [RESIDENT, offshore, {"all": [KYC, US]}]}))
    assert query["credential_sets"][0]["options"] == [["residency"], ["kyc", "us_person"], ["us_person"]]


def test_what_places_a_holder_in_a_bucket_is_asked_for_too() -> None:
    buckets = [{"name": "us", "seats": 1, "when": US}, {"name": "rest", "seats": 1}]
    assert list(asked(dcql(policy(KYC, buckets=buckets)))) == ["kyc", "us_person"]


def test_claims_that_not_every_credential_has_are_asked_for_in_sets() -> None:
    elective = {
        "topic": "investor_qualification",
        "where": {"basis": {"equals": "mifid2_elective"}, "scope/*": {"equals": "all"}},
    }
    per_se = {"topic": "investor_qualification", "where": {"basis": {"equals": "mifid2_per_se"}}}
    query = asked(dcql(policy({"any": [elective, per_se]})))["investor_qualification"]
    assert query["claim_sets"] == [["sub", "basis", "scope_each"], ["sub", "basis"]]
    assert "claim_sets" not in asked(dcql(policy(per_se)))["investor_qualification"]


def test_what_is_kept_holds_neither_a_name_nor_anything_not_asked_for() -> None:
    shown = credential("kyc", {**PERSON, "method": "eid", "nationalities": ["DE"]})
    (evidence,) = match(policy(KYC), {"kyc": [shown]})
    assert evidence.claims == {"level": "standard"}
    assert (evidence.topic, evidence.issuer, evidence.digest) == ("kyc", ISSUER, shown.digest)
    assert (evidence.issued_at, evidence.valid_from, evidence.valid_until) == (NOW - DAY, NOW - DAY, NOW + DAY)
    assert identity_of("kyc", shown) == {
        "sub": "subject-0",
        **{name: PERSON[name] for name in PERSON if name != "level"},
    }


@pytest.mark.parametrize(
    ("day", "expected"), [("2026-11-30", "2026-11-30T00:00:00+00:00"), ("2026-02-30", None), (5, None)]
)
def test_the_check_is_as_old_as_the_first_second_of_its_day(day: object, expected: str | None) -> None:
    shown = credential("kyc", {**PERSON, "checked_on": day})
    (evidence,) = match(policy({**KYC, "max_age": DAY}), {"kyc": [shown]})
    assert evidence.checked_at == (expected and dt.datetime.fromisoformat(expected).timestamp())


def test_any_one_option_answers_and_less_does_not() -> None:
    asset = policy({"all": [KYC, {"any": [RESIDENT, {"not": US}]}]})
    kyc, home = credential("kyc", PERSON), credential("residency", {"country": "DE"})
    assert [one.topic for one in match(asset, {"kyc": [kyc], "residency": [home]})] == ["kyc", "residency"]
    for answer in ({}, {"kyc": [kyc]}, {"residency": [home]}):
        with pytest.raises(Incomplete) as caught:
            match(asset, answer)
        assert caught.value.options == (("kyc", "residency"), ("kyc", "us_person"))


@pytest.mark.parametrize("lacks", ["sub", "given_name", "family_name", "birthdate", "level"])
def test_a_claim_that_was_asked_for_must_be_shown(lacks: str) -> None:
    full = credential("kyc", PERSON)
    shown = {name: value for name, value in full.claims.items() if name != lacks}
    with pytest.raises(ClaimsMissing):
        match(policy(KYC), {"kyc": [replace(full, claims=shown)]})


def test_a_list_of_which_no_element_is_shown_is_not_shown() -> None:
    rule = {"topic": "kyc", "where": {"nationalities/*": {"in": ["DE"]}}}
    with pytest.raises(ClaimsMissing):
        match(policy(rule), {"kyc": [credential("kyc", {**PERSON, "nationalities": []})]})


@pytest.mark.parametrize(
    ("shown", "error"),
    [
        (credential("kyc", PERSON, type="https://issuer.example/types/residency/1"), WrongType),
        (credential("kyc", PERSON, type="https://issuer.example/types/kyc/2"), WrongType),
        (credential("kyc", PERSON, type="https://nobody.example/types/kyc/1"), WrongType),
        (credential("kyc", PERSON, issuer="did:web:nobody.example"), IssuerNotTrusted),
        (credential("kyc", PERSON, issued_at=None), TimesMissing),
        (credential("kyc", PERSON, valid_until=None), TimesMissing),
    ],
)
def test_another_type_another_issuer_or_no_times_are_refused(shown: VerifiedCredential, error: type[Exception]) -> None:
    with pytest.raises(error):
        match(policy(KYC), {"kyc": [shown]})


def test_an_issuer_is_trusted_for_its_topics_only() -> None:
    asset = policy({"all": [KYC, RESIDENT]}, trust={"kyc": [ISSUER], "residency": [OTHER]})
    home = credential("residency", {"country": "DE"}, type="https://other.example/types/residency/1")
    with pytest.raises(IssuerNotTrusted):
        match(asset, {"kyc": [credential("kyc", PERSON)], "residency": [home]})


def test_what_an_issuer_issued_since_it_is_distrusted_is_refused() -> None:
    shown = credential("kyc", PERSON)
    assert match(policy(KYC, since={ISSUER: NOW - DAY + 1}), {"kyc": [shown]})
    with pytest.raises(IssuerNotTrusted):
        match(policy(KYC, since={ISSUER: NOW - DAY}), {"kyc": [shown]})


def test_nothing_beyond_the_query_is_taken() -> None:
    kyc = credential("kyc", PERSON)
    with pytest.raises(NotAsked):
        match(policy(KYC), {"kyc": [kyc], "residency": [credential("residency", {"country": "DE"})]})
    for several in ([], [kyc, kyc]):
        with pytest.raises(NotAsked):
            match(policy(KYC), {"kyc": several})


def test_a_signer_needs_what_rules_name_and_reads_the_same_evidence_from_it() -> None:
    asset = policy({"all": [{**KYC, "max_age": DAY}, {"topic": "kyc", "where": {"nationalities/*": {"equals": "DE"}}}]})
    assert rule_paths(asset, "kyc") == (("checked_on",), ("level",), ("nationalities", None))
    full = credential("kyc", {**PERSON, "checked_on": "2026-11-30", "nationalities": ["DE"]})
    needed = {"checked_on": "2026-11-30", "level": "standard", "nationalities": ["DE"]}
    assert evidence_of(asset, replace(full, claims=needed)) == match(asset, {"kyc": [full]})[0]
    with pytest.raises(WrongType):
        evidence_of(asset, credential("kyc", needed, type="https://nobody.example/types/kyc/1"))
