"""The example policies, each with people it admits and people it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from identity.oracle.policy.document import Policy, parse_policy
from identity.oracle.policy.evaluate import Truth, Verdict, evaluate
from identity.oracle.policy.evidence import Standing, Weighed
from identity.oracle.policy.queries import dcql
from tests.unit.identity.oracle.policy.policies import DAY, weighed

FOLDER = Path(__file__).parents[5] / "examples" / "policies"
NOW = 1_800_000_000


def load(name: str) -> Policy:
    return parse_policy((FOLDER / f"{name}.json").read_bytes())


def options(policy: Policy) -> list[set[str]]:
    return [set(option) for option in dcql(policy)["credential_sets"][0]["options"]]


class Investor:
    """Somebody with one credential on each topic, of the first issuer that the policy trusts for it."""

    def __init__(self, policy: Policy, **claims: dict[str, Any]) -> None:
        self.policy = policy
        self.held = {topic: self._piece(topic, said) for topic, said in claims.items()}

    def _piece(self, topic: str, said: dict[str, Any], standing: Standing = Standing.VALID, **more: Any) -> Weighed:
        return weighed(topic, standing, issuer=self.policy.trust[topic][0], claims=said, **more)

    def with_(self, topic: str, said: dict[str, Any], **more: Any) -> Investor:
        other = Investor(self.policy)
        other.held = {**self.held, topic: self._piece(topic, said, **more)}
        return other

    def without(self, topic: str) -> Investor:
        other = Investor(self.policy)
        other.held = {name: piece for name, piece in self.held.items() if name != topic}
        return other

    @property
    def verdict(self) -> Verdict:
        return evaluate(self.policy, list(self.held.values()), NOW)


# --- one tranche under Rule 506(c), one under Regulation S ---
US = load("us-506c-and-reg-s")
LEI = "5493001KJTIIGC8Y1R12"
AMERICAN = Investor(
    US,
    kyc={"level": "standard"},
    sanctions_screening={"result": "clear", "lists": ["un_sc", "us_ofac_sdn"]},
    affiliate={"issuer_lei": LEI, "affiliate": False},
    us_person={"us_person": True},
    residency={"country": "US"},
    investor_qualification={"regime": "us_501a", "verification": "506c_third_party_letter"},
)
OFFSHORE = (
    AMERICAN.without("investor_qualification")
    .with_("us_person", {"us_person": False, "offshore_transaction": True})
    .with_("residency", {"country": "DE"})
)


def test_a_verified_accredited_american_and_an_offshore_buyer_have_their_own_classes() -> None:
    assert (AMERICAN.verdict.truth, AMERICAN.verdict.bucket) == (Truth.TRUE, "us-506c")
    assert (OFFSHORE.verdict.truth, OFFSHORE.verdict.bucket) == (Truth.TRUE, "reg-s")
    assert AMERICAN.with_("affiliate", {"issuer_lei": LEI, "affiliate": True}).verdict.bucket == "affiliates"


def test_a_representation_is_no_verification_under_506c() -> None:
    said = {"regime": "us_501a", "verification": "506b_representation"}
    assert AMERICAN.with_("investor_qualification", said).verdict.truth is Truth.FALSE


def test_an_american_does_not_get_in_by_the_offshore_door() -> None:
    assert OFFSHORE.with_("us_person", {"us_person": True}).verdict.truth is not Truth.TRUE
    assert OFFSHORE.with_("residency", {"country": "US"}).verdict.truth is Truth.FALSE
    assert OFFSHORE.with_("residency", {"country": "IR"}).verdict.truth is Truth.FALSE
    assert OFFSHORE.with_("us_person", {"us_person": False}).verdict.truth is Truth.UNKNOWN


def test_nobody_is_taken_for_no_affiliate_without_a_word_of_the_transfer_agent() -> None:
    assert AMERICAN.without("affiliate").verdict.truth is Truth.UNKNOWN
    lost = AMERICAN.with_("affiliate", {"issuer_lei": LEI, "affiliate": False}, standing=Standing.INVALID)
    assert lost.verdict.truth is Truth.FALSE


def test_a_screening_is_good_for_thirty_days() -> None:
    said = {"result": "clear", "lists": ["us_ofac_sdn"]}
    assert AMERICAN.verdict.valid_until == NOW + 20 * DAY
    old = AMERICAN.with_("sanctions_screening", said, checked_at=NOW - 30 * DAY)
    assert old.verdict.truth is Truth.UNKNOWN


def test_the_qualification_is_asked_for_first_and_can_be_left_out_by_the_offshore_door() -> None:
    common = {"kyc", "sanctions_screening", "affiliate", "us_person", "residency"}
    assert options(US) == [common | {"investor_qualification"}, common]


# --- professional clients under MiFID II ---
EU = load("eu-mifid2-professionals")
PER_SE = Investor(
    EU,
    kyc={"level": "enhanced"},
    sanctions_screening={"lists": ["eu_cfsp"]},
    residency={"country": "FR"},
    us_person={"us_person": False},
    investor_qualification={"basis": "mifid2_per_se"},
)
ELECTIVE = {"basis": "mifid2_elective", "assessed_by": "Quai Gestion", "scope": ["bonds", "transferable securities"]}


def test_professionals_of_both_kinds_have_their_own_classes() -> None:
    assert (PER_SE.verdict.truth, PER_SE.verdict.bucket) == (Truth.TRUE, "per-se")
    elective = PER_SE.with_("investor_qualification", ELECTIVE).verdict
    assert (elective.truth, elective.bucket) == (Truth.TRUE, "elective")


def test_an_elective_professional_is_one_for_his_firm_and_its_scope_only() -> None:
    of_another_firm = {**ELECTIVE, "assessed_by": "Somebody Else"}
    assert PER_SE.with_("investor_qualification", of_another_firm).verdict.truth is Truth.FALSE
    for_other_things = {**ELECTIVE, "scope": ["bonds"]}
    assert PER_SE.with_("investor_qualification", for_other_things).verdict.truth is not Truth.TRUE


def test_an_american_in_paris_is_refused_and_a_lost_statement_does_not_admit_him() -> None:
    assert PER_SE.with_("us_person", {"us_person": True}).verdict.truth is Truth.FALSE
    assert PER_SE.with_("us_person", {"us_person": True}, standing=Standing.INVALID).verdict.truth is Truth.FALSE
    assert PER_SE.with_("us_person", {"us_person": False}, standing=Standing.SUSPENDED).verdict.truth is Truth.FALSE
    assert PER_SE.without("us_person").verdict.truth is Truth.UNKNOWN


def test_a_firm_that_is_distrusted_counts_for_what_it_issued_before() -> None:
    since = EU.since["did:web:clients.quai-gestion.example"]
    for issued, truth in ((since - 1, Truth.TRUE), (since, Truth.FALSE)):
        piece = weighed(
            "investor_qualification",
            issuer="did:web:clients.quai-gestion.example",
            claims=ELECTIVE,
            issued_at=issued,
            valid_from=issued,
            valid_until=since + 300 * DAY,
        )
        investor = Investor(EU)
        investor.held = {**PER_SE.held, "investor_qualification": piece}
        pieces = [
            Weighed(replace(one.evidence, valid_until=since + 2 * DAY), one.standing) for one in investor.held.values()
        ]
        fresh = [Weighed(replace(one.evidence, checked_at=since), one.standing) for one in pieces]
        assert evaluate(EU, fresh, since + DAY).truth is truth


# --- professional investors in Hong Kong and Singapore ---
ASIA = load("hk-sg-professionals")
HONG_KONG = Investor(
    ASIA,
    kyc={"level": "standard"},
    residency={"country": "HK"},
    sanctions_screening={"lists": ["un_sc", "hk_unso"]},
    investor_qualification={"regime": "hk_sfo", "basis": "hk_individual", "investor_kind": "natural_person"},
)
ENTITY = Investor(
    ASIA,
    entity={"jurisdiction": "SG"},
    mandate={"powers": ["vote", "subscribe"]},
    sanctions_screening={"lists": ["sg_mas"]},
    investor_qualification={"regime": "sg_sfa", "basis": "sg_corporation", "investor_kind": "entity"},
)


def test_people_and_entities_of_both_places_have_their_own_classes() -> None:
    assert (HONG_KONG.verdict.truth, HONG_KONG.verdict.bucket) == (Truth.TRUE, "hong-kong")
    assert (ENTITY.verdict.truth, ENTITY.verdict.bucket) == (Truth.TRUE, "entities")
    singapore = HONG_KONG.with_("residency", {"country": "SG"}).with_(
        "investor_qualification", {"regime": "sg_sfa", "basis": "sg_individual", "investor_kind": "natural_person"}
    )
    assert (singapore.verdict.truth, singapore.verdict.bucket) == (Truth.TRUE, "singapore")


def test_a_qualification_counts_where_its_holder_lives() -> None:
    assert HONG_KONG.with_("residency", {"country": "SG"}).verdict.truth is not Truth.TRUE


@pytest.mark.parametrize("powers", [["vote"], []])
def test_who_acts_for_an_entity_needs_the_power_to_subscribe(powers: list[str]) -> None:
    assert ENTITY.with_("mandate", {"powers": powers}).verdict.truth is not Truth.TRUE


def test_people_show_other_papers_than_entities() -> None:
    common = {"investor_qualification", "sanctions_screening"}
    assert options(ASIA) == [common | {"kyc", "residency"}, common | {"entity", "mandate"}]


def test_types_under_one_address_are_asked_for_by_that_address() -> None:
    query = {one["id"]: one["meta"]["vct_values"] for one in dcql(ASIA)["credentials"]}
    assert query["investor_qualification"] == [
        "https://onboard.victoria-fiduciary.example/types/investor_qualification/1"
    ]
    assert query["kyc"] == ["https://onboard.victoria-fiduciary.example/types/kyc/1"]
