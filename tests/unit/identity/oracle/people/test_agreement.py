"""Whose credentials these are: what links two of them, what contradicts, and how names are compared."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.oracle.people.agreement import Facts, facts_of, holder_marks, marks_of, normalise_name, require_one
from identity.oracle.people.errors import NotOnePerson

A, B = "did:web:a.example", "did:web:b.example"
ADA = {"given_name": "Ada", "family_name": "Lovelace", "birthdate": "1985-12-10"}
LEI = "529900T8BM49AURSDO55"


def facts(topic: str = "kyc", issuer: str = A, holder: str = "key-1", **members: str) -> Facts:
    return Facts(topic, issuer, holder, **members)


def mac(purpose: str, data: bytes) -> bytes:
    return hmac.digest(purpose.encode(), data, hashlib.sha256)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (facts(subject="s"), facts("residency", B, subject="t")),
        (facts(subject="s"), facts("residency", holder="key-2", subject="s")),
        (facts(**ADA), facts("mandate", B, "key-2", **ADA)),
        (facts(**ADA), facts("mandate", B, "key-2", given_name="ADA", family_name="lovelace", birthdate="1985-12-10")),
    ],
    ids=["one holder's key", "one subject of one issuer", "name and birth date", "the name in capitals"],
)
def test_one_link_is_enough(one: Facts, other: Facts) -> None:
    require_one([one, other])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (facts(subject="s"), facts("investor_qualification", holder="key-2", subject="t")),
        (facts(subject="s"), facts("investor_qualification", B, "key-2", subject="s")),
        (facts(**ADA), facts("investor_qualification", B, "key-2")),
        (facts(**ADA), facts("mandate", B, "key-2", **{**ADA, "birthdate": "1985-12-11"})),
    ],
    ids=["another subject", "the same id of another issuer", "nothing said", "another birth date"],
)
def test_without_a_link_they_are_refused(one: Facts, other: Facts) -> None:
    with pytest.raises(NotOnePerson):
        require_one([one, other])


def test_a_friends_accreditation_put_into_ones_own_wallet_is_refused() -> None:
    with pytest.raises(NotOnePerson, match="two subjects"):
        require_one([facts(subject="mine"), facts("investor_qualification", subject="my friend's")])


def test_another_name_under_ones_own_key_is_refused() -> None:
    with pytest.raises(NotOnePerson, match="differ"):
        require_one([facts(**ADA), facts("mandate", B, **{**ADA, "family_name": "Byron"})])


def test_a_new_family_name_under_the_same_subject_is_the_same_person() -> None:
    require_one([facts(subject="s", **ADA), facts("mandate", subject="s", **{**ADA, "family_name": "King"})])


def test_links_lead_on_from_one_to_the_next() -> None:
    first = facts(holder="key-1", subject="s")
    second = facts("residency", holder="key-2", subject="s")
    third = facts("us_person", B, "key-2")
    require_one([third, first, second])


def test_an_entity_needs_a_mandate_that_names_it() -> None:
    entity, person = facts("entity", subject="company", lei=LEI), facts(subject="person", **ADA)
    mandate = facts("mandate", subject="person", lei=LEI, **ADA)
    require_one([entity, person, mandate])
    for others in ([person], [person, facts("mandate", subject="person", lei="1" * 20, **ADA)]):
        with pytest.raises(NotOnePerson, match="mandate"):
            require_one([entity, *others])


def test_an_entity_alone_speaks_for_itself() -> None:
    require_one([facts("entity", lei=LEI), facts("investor_qualification", kind="entity")])


def test_the_representatives_own_accreditation_does_not_count_for_the_entity() -> None:
    with pytest.raises(NotOnePerson):
        require_one(
            [
                facts("entity", subject="company", lei=LEI),
                facts("mandate", subject="person", lei=LEI, **ADA),
                facts("investor_qualification", B, kind="natural_person"),
            ]
        )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("José", "JOSE"),
        ("Müller", "mu\u0308ller"),
        ("van  der\tBerg", "Van der Berg"),
        ("Straße", "STRASSE"),
        ("ﬁnn", "Finn"),
        ("Ｌｅｅ", "Lee"),
        (" Ada ", "ada"),
    ],
)
def test_two_spellings_of_a_name_are_equal(one: str, other: str) -> None:
    assert normalise_name(one) == normalise_name(other)


@pytest.mark.parametrize(("one", "other"), [("Ana", "Anna"), ("Muller", "Mueller"), ("Иван", "Ivan"), ("A B", "AB")])
def test_two_names_stay_two(one: str, other: str) -> None:
    assert normalise_name(one) != normalise_name(other)


@given(st.text(max_size=50))
def test_a_normalised_name_stays_as_it_is(name: str) -> None:
    once = normalise_name(name)
    assert normalise_name(once) == once


def test_a_persons_marks_are_keyed_and_do_not_depend_on_who_else_is_named() -> None:
    person = marks_of([facts(subject="s", **ADA)], mac)
    assert [mark.strong for mark in person] == [True, False]
    assert {mark.digest for mark in person} <= {
        mark.digest for mark in marks_of([facts(subject="s", **ADA), facts("residency", B, subject="t")], mac)
    }
    assert marks_of([facts(subject="s")], mac) != marks_of([facts(issuer=B, subject="s")], mac)


def test_an_entity_is_recognised_by_itself_and_not_by_who_acts_for_it() -> None:
    entity = facts("entity", lei=LEI)
    alone = marks_of([entity], mac)
    assert marks_of([entity, facts("mandate", lei=LEI, subject="person", **ADA), facts(**ADA)], mac) == alone


def test_a_holders_key_is_marked_apart_from_names() -> None:
    assert not holder_marks([facts(**ADA)], mac) & {mark.digest for mark in marks_of([facts(**ADA)], mac)}


def test_only_what_is_text_is_a_fact() -> None:
    found = facts_of("kyc", A, "key", {"given_name": 5, "family_name": "", "birthdate": None, "sub": ["x"]})
    assert (found.name, found.subject) == (None, None)
