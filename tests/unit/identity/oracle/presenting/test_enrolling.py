"""The way of an investor by the whole flow: present, continue, come again; who is whom; and how it ends."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from identity.oracle.people.tables import REVIEWS
from identity.refusals import SubjectErased, WrongState
from identity.retention import RetentionRuns
from identity.wallet.dcql import NothingFits
from identity.wallet.presenting import VerifierRefused
from tests.unit.identity.issuer.house import PERSON
from tests.unit.identity.oracle.presenting.verifier_house import (
    ASSET,
    ISSUER,
    KYC,
    QUALIFICATION,
    QUALIFIED,
    VerifierHouse,
    fresh_key,
    policy,
)

BOTH = {"all": [KYC, QUALIFIED]}
GRACE = {**PERSON, "given_name": "Grace", "family_name": "Hopper", "birthdate": "1906-12-09"}


def test_whoever_presents_what_is_asked_gets_a_pseudonym_and_a_session(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    session = oracle.enrol(held)
    (enrolment,) = oracle.me(session)["enrolments"]
    investor = bytes.fromhex(enrolment["investor"][2:])
    assert enrolment["asset"] == "0x" + ASSET.hex()
    assert investor[:16] == bytes(16)
    assert any(investor[16:])
    assert oracle.woken > 0, "a word is published when the investor first asks for the asset"


def test_only_what_is_asked_for_leaves_the_wallet(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    oracle.enrol(held)
    with oracle.database.read() as connection:
        ((person, _),) = oracle.people.enrolled(connection, ASSET)
        (credential,) = oracle.people.export(connection, person)["credentials"]
        (evidence,) = oracle.people.evidence_of(connection, person)
    assert dict(evidence.claims) == {"level": "standard"}
    assert credential["credential"].count("~") == 5, "subject id, two names, birth date: four disclosures"


def test_names_are_nowhere_on_the_disk_and_in_no_signers_evidence(oracle: VerifierHouse) -> None:
    rare = {**PERSON, "given_name": "Xanthippe-Quillon", "family_name": "Vorsterbrock-Zyl"}
    held, _ = oracle.hold(claims=rare)
    person = oracle.person(oracle.enrol(held))
    with oracle.database.read() as connection:
        (for_signer,) = oracle.people.signer_evidence(connection, person, oracle.policy, oracle.clock())
        facts = oracle.people.facts_of(connection, person)
    disk = oracle.bytes_on_disk()
    for name in (b"Xanthippe", b"Vorsterbrock", held.credential.split("~")[1].encode()):
        assert name not in disk
    assert for_signer.count("~") == 1, "this rule needs no disclosure at all"
    assert facts[0]["given_name"] == "Xanthippe-Quillon"


def test_signers_are_shown_only_what_can_count_for_the_policy(oracle: VerifierHouse) -> None:
    """They refuse whoever comes with anything else: an expired credential beside a renewed one would be the end of it."""
    old, subject = oracle.hold()
    person = oracle.person(oracle.enrol(old))
    assert old.valid_until is not None
    oracle.issuer.now = old.valid_until - 86_400
    new, _ = oracle.hold(claims={**PERSON, "checked_on": "2028-04-01"}, subject=subject)
    assert oracle.person(oracle.enrol(new)) == person
    people, current = oracle.people, oracle.policy
    elsewhere = policy(trust={"kyc": ["did:web:other.example"]})
    other_type = policy(types={"kyc": ["https://other.example/types/kyc/1"]})
    with oracle.database.read() as connection:
        assert len(people.signer_evidence(connection, person, current, oracle.clock())) == 2
        (left,) = people.signer_evidence(connection, person, current, old.valid_until)
        assert left.partition("~")[0] == new.credential.partition("~")[0]
        for others in (elsewhere, other_type):
            assert people.signer_evidence(connection, person, others, oracle.clock()) == []


def test_a_second_enrolment_leads_to_the_same_pseudonym(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    first, second = oracle.me(oracle.enrol(held)), oracle.me(oracle.enrol(held))
    assert first["enrolments"] == second["enrolments"]


def test_a_credential_issued_again_to_a_new_wallet_leads_to_the_same_person(oracle: VerifierHouse) -> None:
    lost, subject = oracle.hold()
    before = oracle.me(oracle.enrol(lost))
    key = fresh_key()
    again, _ = oracle.hold(subject=subject, key=key)
    assert oracle.me(oracle.enrol(again, key=key))["enrolments"] == before["enrolments"]


def test_two_people_get_two_pseudonyms(oracle: VerifierHouse) -> None:
    ada, _ = oracle.hold()
    key = fresh_key()
    grace, _ = oracle.hold(claims=GRACE, key=key)
    investors = {oracle.me(oracle.enrol(ada))["enrolments"][0]["investor"]}
    investors.add(oracle.me(oracle.enrol(grace, key=key))["enrolments"][0]["investor"])
    assert len(investors) == 2


def test_one_person_has_another_pseudonym_in_another_asset(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    oracle.enrol(held)
    other = b"\x77" * 32
    oracle.policy = policy(asset="0x" + other.hex())
    started = oracle.http.post("/enrolments", json={"asset": "0x" + other.hex()}).json()
    presenter = oracle.presenter()
    asking = presenter.read(started["request"])
    again = oracle.go_on(started, presenter.answer(asking, presenter.choose(asking, [held])))
    enrolments = oracle.me(again)["enrolments"]
    assert len(enrolments) == 2
    assert len({one["investor"] for one in enrolments}) == 2


def test_two_credentials_of_one_subject_are_one_person(oracle: VerifierHouse) -> None:
    oracle.policy = policy(BOTH)
    kyc, subject = oracle.hold()
    qualified, _ = oracle.hold("investor_qualification", QUALIFICATION, subject)
    person = oracle.person(oracle.enrol(kyc, qualified))
    with oracle.database.read() as connection:
        topics = {one.topic for one in oracle.people.evidence_of(connection, person)}
    assert topics == {"kyc", "investor_qualification"}


def test_a_friends_accreditation_beside_ones_own_check_is_refused(oracle: VerifierHouse) -> None:
    oracle.policy = policy(BOTH)
    kyc, _ = oracle.hold()
    friends, _ = oracle.hold("investor_qualification", QUALIFICATION)
    before = oracle.counts()
    with pytest.raises(VerifierRefused) as refused:
        oracle.enrol(kyc, friends)
    assert refused.value.reason == "NotOnePerson"
    assert oracle.counts() == before


def test_a_wallet_without_what_is_asked_for_shows_nothing(oracle: VerifierHouse) -> None:
    oracle.policy = policy(BOTH)
    held, _ = oracle.hold()
    with pytest.raises(NothingFits) as missing:
        oracle.enrol(held)
    assert missing.value.missing == ("investor_qualification",)


def test_an_equal_name_from_nowhere_else_known_waits_for_staff(oracle: VerifierHouse) -> None:
    ada, _ = oracle.hold()
    first = oracle.enrol(ada)
    key = fresh_key()
    namesake, _ = oracle.hold(key=key)
    second = oracle.enrol(namesake, key=key)
    me = oracle.me(second)
    assert (me["enrolments"], me["under_review"]) == ([], True)
    with oracle.database.read() as connection:
        (review,) = oracle.people.reviews(connection)
    assert review["like_id"] == oracle.person(first)
    assert "Ada" not in str(review)


def test_staff_finds_that_two_records_are_one_person(oracle: VerifierHouse) -> None:
    first, second = _two_alike(oracle)
    _decide(oracle, same=True)
    assert oracle.me(second)["enrolments"] == oracle.me(first)["enrolments"]
    with oracle.database.read() as connection:
        assert len(oracle.people.evidence_of(connection, oracle.person(first))) == 2
    with pytest.raises(WrongState):
        _decide(oracle, same=False)


def test_staff_finds_that_two_people_share_a_name(oracle: VerifierHouse) -> None:
    first, second = _two_alike(oracle)
    _decide(oracle, same=False)
    (one,), (other,) = oracle.me(first)["enrolments"], oracle.me(second)["enrolments"]
    assert one["investor"] != other["investor"]
    assert not oracle.me(second)["under_review"]


def test_erasure_waits_for_the_end_of_keeping_and_then_leaves_nobody(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    session = oracle.enrol(held)
    person, investor = oracle.person(session), oracle.me(session)["enrolments"][0]["investor"]
    people, run = oracle.people, oracle.writer.run_blocking
    with pytest.raises(RetentionRuns):
        run(lambda tx: people.erase(tx, "petra", person))
    until = run(lambda tx: people.end(tx, "petra", person))
    assert until == oracle.clock() + 1_827 * 86_400, "five years, two leap days among them"
    with pytest.raises(RetentionRuns):
        run(lambda tx: people.erase(tx, "petra", person))
    oracle.issuer.now = until
    with oracle.database.read() as connection:
        assert people.due_for_erasure(connection, until) == [person]
    run(lambda tx: people.erase(tx, "petra", person))
    with oracle.database.read() as connection:
        assert people.erased(connection, ASSET) == [bytes.fromhex(investor[2:])]
        assert people.enrolled(connection, ASSET) == []
        assert people.person_of(connection, ASSET, bytes.fromhex(investor[2:])) is None
        assert people.relied_lists(connection) == set()
        with pytest.raises(SubjectErased):
            people.export(connection, person)
        with pytest.raises(SubjectErased):
            people.seal(connection, person, "note", "text")
        oracle.audit.verify(connection)


def test_what_is_held_can_be_read_by_its_subject(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    session = oracle.enrol(held)
    export = oracle.http.get("/me/export", headers=session).json()
    assert export["facts"][0]["family_name"] == "Lovelace"
    assert [one["issuer"] for one in export["credentials"]] == [ISSUER]
    assert export["person_id"] == oracle.person(session)


def test_the_lists_relied_on_are_those_of_the_evidence(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    oracle.enrol(held)
    with oracle.database.read() as connection:
        ((uri, issuer),) = oracle.people.relied_lists(connection)
    assert issuer == ISSUER
    assert urlsplit(uri).hostname == "issuer.example"


def test_a_code_is_in_the_fragment_of_the_address_only(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    started, presenter = oracle.start(), oracle.presenter()
    asking = presenter.read(started["request"])
    target = urlsplit(presenter.answer(asking, presenter.choose(asking, [held])) or "")
    assert target.query == ""
    assert list(parse_qs(target.fragment)) == ["response_code"]


def _two_alike(oracle: VerifierHouse) -> tuple[dict[str, str], dict[str, str]]:
    ada, _ = oracle.hold()
    key = fresh_key()
    namesake, _ = oracle.hold(key=key)
    return oracle.enrol(ada), oracle.enrol(namesake, key=key)


def _decide(oracle: VerifierHouse, *, same: bool) -> None:
    with oracle.database.read() as connection:
        reviews = oracle.people.reviews(connection)
    review = reviews[0]["id"] if reviews else _last_review(oracle)
    oracle.writer.run_blocking(lambda tx: oracle.people.decide_review(tx, "olga", review, same=same))


def _last_review(oracle: VerifierHouse) -> str:
    with oracle.database.read() as connection:
        return str(connection.execute(select(REVIEWS.c.id)).scalar_one())


def test_an_investor_ends_the_relationship_and_comes_back(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    session = oracle.enrol(held)
    person, woken = oracle.person(session), oracle.woken
    answer = oracle.http.post("/me/end", headers=session)
    until = oracle.clock() + 1_827 * 86_400
    assert (answer.status_code, answer.json()) == (200, {"state": "ended", "kept_until": until})
    assert oracle.woken == woken + 1, "the chains are told"
    with oracle.database.read() as connection:
        assert oracle.people.evidence_of(connection, person) == []
    assert oracle.http.post("/me/end", headers=session).status_code == 409
    assert oracle.http.post("/me/end").status_code == 401
    assert oracle.person(oracle.enrol(held)) == person
    with oracle.database.read() as connection:
        assert len(oracle.people.evidence_of(connection, person)) == 1
        assert oracle.people.export(connection, person)["ended_at"] is None
