"""Validity follows the legal basis, by the calendar."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.issuer.types.catalogue import ClaimsRefused, TypeUnknown, find_type, load_catalogue
from identity.issuer.types.texts import is_lei
from identity.issuer.types.validity import (
    DUE_DILIGENCE,
    QUALIFICATION,
    BasisLapsed,
    NoSuchDay,
    add_months,
    valid_until,
)
from tests.unit.identity.issuer.samples import SAMPLES


def at(day: str) -> int:
    return int(dt.datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())


US: dict[str, Any] = {
    "regime": "us_501a",
    "basis": "501a5_net_worth",
    "investor_kind": "natural_person",
    "verified_on": "2026-11-30",
}
ASSESSED: dict[str, Any] = {
    "investor_kind": "natural_person",
    "verification": "assessment",
    "verified_on": "2026-11-30",
}
EU: dict[str, Any] = {
    "regime": "eu_mifid2",
    "basis": "mifid2_elective",
    "investor_kind": "natural_person",
    "verification": "assessment",
    "assessed_by": "Bank",
    "scope": ["bonds"],
    "verified_on": "2026-11-30",
}


@pytest.mark.parametrize(
    ("type_", "claims", "until"),
    [
        ("investor_qualification", {**US, "verification": "506c_third_party_letter"}, "2027-02-28"),
        ("investor_qualification", {**US, "verification": "506c_net_worth"}, "2027-02-28"),
        ("investor_qualification", {**US, "verification": "506c_income"}, "2027-01-01"),
        (
            "investor_qualification",
            {**US, "verification": "506c_prior_verification", "representation": True},
            "2031-11-30",
        ),
        ("investor_qualification", EU, "2027-11-30"),
        ("investor_qualification", {**US, "verification": "506c_minimum_investment"}, "2027-02-28"),
        ("investor_qualification", {**US, "verification": "506c_reasonable_steps"}, "2027-02-28"),
        ("investor_qualification", {**US, "verification": "506b_representation"}, "2027-11-30"),
        ("investor_qualification", {**EU, "basis": "mifid2_per_se", "verification": "public_register"}, "2027-11-30"),
        ("investor_qualification", {**ASSESSED, "regime": "hk_sfo", "basis": "hk_individual"}, "2027-11-30"),
        ("investor_qualification", {**ASSESSED, "regime": "sg_sfa", "basis": "sg_individual"}, "2027-11-30"),
        ("residency", {"proved_on": "2026-11-01"}, "2027-11-01"),
        ("us_person", {"certified_on": "2026-11-01"}, "2027-11-01"),
        ("entity", {"checked_on": "2026-11-01"}, "2027-11-01"),
        ("kyc", {"checked_on": "2026-11-01", "level": "simplified"}, "2027-11-01"),
        ("kyc", {"checked_on": "2026-11-01", "level": "enhanced"}, "2027-11-01"),
        ("affiliate", {"as_of": "2026-11-30"}, "2027-02-28"),
        ("sanctions_screening", {"screened_on": "2026-11-01"}, "2026-12-01"),
        ("mandate", {"granted_on": "2026-11-01", "ends_on": "2027-01-31"}, "2027-02-01"),
        ("mandate", {"granted_on": "2026-11-01"}, "2027-11-01"),
        ("kyc", {"checked_on": "2026-11-01", "level": "standard"}, "2028-11-01"),
        (
            "kyc",
            {"checked_on": "2026-11-01", "level": "standard", "document": {"expires_on": "2027-03-01"}},
            "2027-03-02",
        ),
    ],
)
def test_a_basis_is_good_until_its_day(type_: str, claims: dict[str, Any], until: str) -> None:
    now = at("2026-11-30")
    assert valid_until(type_, claims, now) == at(until)


@pytest.mark.parametrize(
    ("verified", "ends"),
    [
        ("2026-08-31", "2026-11-30"),
        ("2026-11-28", "2027-02-28"),
        ("2026-11-29", "2027-02-28"),
        ("2026-11-30", "2027-02-28"),
        ("2026-12-01", "2027-03-01"),
        ("2027-11-30", "2028-02-29"),
        ("2026-12-31", "2027-03-31"),
        ("2026-10-15", "2027-01-15"),
    ],
)
def test_a_letter_counts_three_months_of_the_calendar_and_not_ninety_days(verified: str, ends: str) -> None:
    claims = {**US, "verification": "506c_third_party_letter", "verified_on": verified}
    assert valid_until("investor_qualification", claims, at(verified)) == at(ends)
    assert valid_until("investor_qualification", claims, at(ends) - 1) == at(ends)
    with pytest.raises(BasisLapsed):
        valid_until("investor_qualification", claims, at(ends))


def test_an_earlier_verification_counts_five_years_from_a_leap_day_too() -> None:
    claims = {**US, "verification": "506c_prior_verification", "representation": True, "verified_on": "2024-02-29"}
    assert valid_until("investor_qualification", claims, at("2026-11-30")) == at("2029-02-28")


def test_every_method_and_every_level_has_its_period() -> None:
    catalogue = load_catalogue()
    methods = catalogue["investor_qualification"].schema["properties"]["verification"]["enum"]
    assert set(methods) == QUALIFICATION.keys()
    assert set(catalogue["kyc"].schema["properties"]["level"]["enum"]) == DUE_DILIGENCE.keys()


def test_a_basis_of_yesterday_or_tomorrow_is_none() -> None:
    claims = {"screened_on": "2026-11-01"}
    assert valid_until("sanctions_screening", claims, at("2026-12-01") - 1)
    with pytest.raises(BasisLapsed):
        valid_until("sanctions_screening", claims, at("2026-12-01"))
    with pytest.raises(BasisLapsed):
        valid_until("sanctions_screening", claims, at("2026-11-01") - 1)


def test_a_day_the_calendar_does_not_have_is_refused() -> None:
    with pytest.raises(NoSuchDay):
        valid_until("sanctions_screening", {"screened_on": "2026-02-30"}, at("2026-03-01"))


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)), st.integers(0, 120))
def test_months_later_is_the_same_day_or_the_last_of_that_month(start: dt.date, months: int) -> None:
    end = add_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end.day < start.day and (end + dt.timedelta(days=1)).month != end.month)


@pytest.mark.parametrize(
    "claims",
    [
        {**US, "verification": "506c_net_worth"},
        {**US, "basis": "501a1_institution", "investor_kind": "entity", "verification": "506c_third_party_letter"},
        {**US, "verification": "506c_prior_verification", "representation": True},
        EU,
        {**EU, "basis": "mifid2_per_se", "investor_kind": "entity"},
        {**ASSESSED, "regime": "hk_sfo", "basis": "hk_individual"},
        {**ASSESSED, "regime": "sg_sfa", "basis": "sg_corporation", "investor_kind": "entity"},
        {**ASSESSED, "regime": "hk_sfo", "basis": "hk_corporation", "investor_kind": "entity"},
        {**ASSESSED, "regime": "sg_sfa", "basis": "sg_individual"},
        {**US, "basis": "501a6_income", "verification": "506c_income"},
        {**US, "basis": "501a10_professional_license", "verification": "506c_reasonable_steps"},
        {**US, "basis": "501a13_family_client", "verification": "506c_third_party_letter"},
        {**US, "basis": "501a13_family_client", "investor_kind": "entity", "verification": "506c_third_party_letter"},
    ],
)
def test_a_qualification_with_its_basis_is_taken(claims: dict[str, Any]) -> None:
    find_type(load_catalogue(), "investor_qualification").check(claims)


@pytest.mark.parametrize(
    "claims",
    [
        {**US, "verification": "assessment"},
        {**US, "verification": "506c_prior_verification"},
        {**US, "verification": "506c_prior_verification", "representation": False},
        {**US, "verification": "506c_net_worth", "investor_kind": "entity"},
        {**US, "verification": "506c_income"},
        {**US, "basis": "501a6_income", "verification": "506c_net_worth"},
        {**US, "basis": "501a2_business_development_company", "verification": "506c_reasonable_steps"},
        {**US, "verification": "506c_minimum_investment"},
        {**US, "verification": "506b_representation"},
        {**US, "verification": "506c_net_worth", "verified_on": "2026-02-30"},
        {**EU, "basis": "mifid2_per_se"},
        {**US, "verification": "506c_net_worth", "basis": "mifid2_per_se"},
        {**EU, "assessed_by": ...},
        {**EU, "scope": ...},
        {**EU, "scope": []},
        {**EU, "verification": "506c_net_worth"},
        {**EU, "basis": "hk_individual"},
    ],
)
def test_a_qualification_that_mixes_regimes_or_lacks_its_proof_is_refused(claims: dict[str, Any]) -> None:
    given_ = {name: value for name, value in claims.items() if value is not ...}
    with pytest.raises(ClaimsRefused):
        find_type(load_catalogue(), "investor_qualification").check(given_)


def test_an_entity_names_its_owners_of_a_quarter_or_says_there_are_none() -> None:
    entity = find_type(load_catalogue(), "entity")
    owner = {"name": "A", "birthdate": "1980-01-01", "country": "DE", "share_percent": 25}
    base: dict[str, Any] = {
        "legal_name": "Company",
        "lei": "529900T8BM49AURSDO55",
        "jurisdiction": "DE",
        "beneficial_owners": [owner],
        "checked_on": "2026-11-30",
    }
    entity.check(base)
    entity.check({**base, "beneficial_owners": [], "control_without_ownership": True})
    for change in (
        {"beneficial_owners": []},
        {"beneficial_owners": [{**owner, "share_percent": 24}]},
        {"beneficial_owners": [owner] * 5},
        {"lei": "529900T8BM49AURSDO5X"},
    ):
        with pytest.raises(ClaimsRefused):
            entity.check({**base, **change})


def test_there_is_no_other_type() -> None:
    with pytest.raises(TypeUnknown):
        find_type(load_catalogue(), "passport")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("kyc", {"birthdate": "1985-02-30"}),
        ("kyc", {"birthdate": "1985-12-10\n"}),
        ("kyc", {"nationalities": ["UK"]}),
        ("kyc", {"nationalities": ["DE\n"]}),
        ("kyc", {"nationalities": ["DE", "DE"]}),
        ("residency", {"country": "EU"}),
        ("residency", {"tax_residencies": ["SU"]}),
        ("entity", {"lei": "529900T8BM49AURSDO56"}),
        ("entity", {"lei": "529900T8BM49AURSDO55\n"}),
        ("entity", {"jurisdiction": "XX"}),
        ("mandate", {"principal_lei": "529900T8BM49AURSDO54"}),
        ("affiliate", {"relation": "none"}),
        ("us_person", {"us_person": True}),
        ("sanctions_screening", {"result": "hit"}),
        ("sanctions_screening", {"lists": ["mine"]}),
    ],
)
def test_claims_that_no_pattern_would_stop_are_refused(name: str, change: dict[str, Any]) -> None:
    """`UK` passed for a country, and a rule that bars GB let it by; a birth date needed only its digits and hyphens."""
    type_ = find_type(load_catalogue(), name)
    type_.check(SAMPLES[name])
    with pytest.raises(ClaimsRefused) as refused:
        type_.check({**SAMPLES[name], **change})
    assert all(str(value) not in str(refused.value) for value in change.values() if not isinstance(value, bool))


def test_a_us_person_buys_nothing_abroad() -> None:
    us_person = find_type(load_catalogue(), "us_person")
    us_person.check({"us_person": True, "certified_on": "2026-05-20"})
    us_person.check({"us_person": True, "offshore_transaction": False, "certified_on": "2026-05-20"})
    with pytest.raises(ClaimsRefused):
        us_person.check({"us_person": True, "category": 2, "certified_on": "2026-05-20"})


@pytest.mark.parametrize("lei", ["HWUPKR0MPOU8FGXBT394", "5493001KJTIIGC8Y1R12", "213800D1EI4B9WTWWD28"])
def test_published_leis_are_taken_and_none_with_one_digit_changed(lei: str) -> None:
    assert is_lei(lei)
    for place, letter in enumerate(lei):
        for other in "0123456789":
            if letter.isdigit() and other != letter:
                assert not is_lei(lei[:place] + other + lei[place + 1 :])
