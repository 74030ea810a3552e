"""A verdict is made of what is known this second: evidence, lists, trust. Nothing of it is kept for the next."""

from __future__ import annotations

from typing import Any

import pytest

from identity.errors import IssuerUnknown
from identity.formats.issuer_keys import PinnedKeys
from identity.oracle.deciding.errors import TwoPersonsNeeded
from identity.oracle.deciding.trust import GuardedKeys
from identity.oracle.policy.evaluate import Truth, Verdict
from identity.refusals import NotFound
from tests.unit.identity.oracle.deciding.room import ASSET, DAY, ISSUER, NOW, Room


def verdict(room: Room, person: str, at: int | None = None) -> Verdict:
    with room.database.read() as connection:
        return room.deciding.verdicts.verdict(connection, person, ASSET, room.now if at is None else at)


@pytest.mark.parametrize(
    ("status", "truth", "kind"),
    [(0, Truth.TRUE, None), (1, Truth.FALSE, "revoked"), (2, Truth.FALSE, "suspended"), (3, Truth.FALSE, "revoked")],
)
def test_the_list_decides(room: Room, status: int, truth: Truth, kind: str | None) -> None:
    room.adopt()
    person, _ = room.enrol(1)
    room.publish({1: status})
    found = verdict(room, person)
    assert found.truth is truth
    assert [one.kind.value for one in found.findings] == ([] if kind is None else [kind])


def test_evidence_counts_from_its_first_second_to_before_its_end(room: Room) -> None:
    room.adopt()
    person, _ = room.enrol(1, valid_from=NOW + 10, valid_until=NOW + 14, issued_at=NOW)
    room.publish()
    truths = [verdict(room, person, NOW + second).truth for second in (9, 10, 13, 14)]
    assert truths == [Truth.UNKNOWN, Truth.TRUE, Truth.TRUE, Truth.UNKNOWN]


def test_a_list_that_is_too_old_makes_it_unknown(room: Room) -> None:
    room.adopt()
    person, _ = room.enrol(1)
    room.publish(ttl=15)
    assert [verdict(room, person, NOW + second).truth for second in (15, 16)] == [Truth.TRUE, Truth.UNKNOWN]


def test_a_policy_with_a_stricter_age_of_lists_is_heard(room: Room) -> None:
    room.adopt(max_status_age=5)
    person, _ = room.enrol(1)
    room.publish(ttl=15)
    assert [verdict(room, person, NOW + second).truth for second in (5, 6)] == [Truth.TRUE, Truth.UNKNOWN]


@pytest.mark.parametrize("since", [NOW - DAY - 1, NOW - DAY, NOW - DAY + 1])
def test_what_a_distrusted_issuer_signed_from_that_date_on_does_not_count(room: Room, since: int) -> None:
    room.adopt()
    person, _ = room.enrol(1, issued_at=NOW - DAY)
    room.publish()
    room.writer.run_blocking(lambda tx: room.deciding.trust.distrust(tx, "pia", ISSUER, since))
    assert verdict(room, person).truth is (Truth.TRUE if since > NOW - DAY else Truth.FALSE)


def test_trust_is_lost_by_one_person_and_given_back_by_two(room: Room) -> None:
    room.adopt()
    person, _ = room.enrol(1)
    room.publish()

    def lift(by: str) -> Any:
        return room.writer.run_blocking(lambda tx: room.deciding.trust.lift(tx, by, ISSUER))

    with pytest.raises(NotFound):
        lift("pia")
    room.writer.run_blocking(lambda tx: room.deciding.trust.distrust(tx, "pia", ISSUER, 0))
    assert lift("pia") is False
    with pytest.raises(TwoPersonsNeeded):
        lift("pia")
    assert verdict(room, person).truth is Truth.FALSE
    assert lift("paul") is True
    assert verdict(room, person).truth is Truth.TRUE


def test_distrusting_anew_takes_back_what_somebody_asked_to_lift_and_keeps_the_earlier_date(room: Room) -> None:
    trust = room.deciding.trust
    room.writer.run_blocking(lambda tx: trust.distrust(tx, "pia", ISSUER, NOW - 5))
    room.writer.run_blocking(lambda tx: trust.lift(tx, "pia", ISSUER))
    room.writer.run_blocking(lambda tx: trust.distrust(tx, "petra", ISSUER, NOW + 5))
    assert room.writer.run_blocking(lambda tx: trust.lift(tx, "paul", ISSUER)) is False
    room.writer.run_blocking(lambda tx: trust.distrust(tx, "petra", ISSUER, NOW - 9))
    with room.database.read() as connection:
        assert trust.distrusted(connection) == {ISSUER: NOW - 9}


def test_a_credential_without_a_status_is_never_known_to_hold(room: Room) -> None:
    room.adopt()
    person, _ = room.enrol(1, status=None)
    room.publish()
    assert verdict(room, person).truth is Truth.UNKNOWN


def test_two_questions_in_one_second_give_what_is_true_at_each(room: Room) -> None:
    room.adopt()
    person, _ = room.enrol(1)
    room.publish()
    assert verdict(room, person).truth is Truth.TRUE
    room.publish({1: 2})
    assert verdict(room, person).truth is Truth.FALSE
    room.now += 1
    room.publish()
    assert verdict(room, person).truth is Truth.TRUE


def test_a_compromised_key_is_refused_under_every_name_of_its_issuers_document(room: Room) -> None:
    """Named once in a report and twice in the document, it went on signing under its other name."""
    key = room.issuer.key
    keys = GuardedKeys(PinnedKeys({ISSUER: {f"{ISSUER}#one": key.public, f"{ISSUER}#two": key.public}}))
    assert keys.find(ISSUER, {"kid": f"{ISSUER}#two"}).key == key.public
    room.writer.run_blocking(lambda tx: room.deciding.trust.distrust(tx, "pia", ISSUER, NOW, "one"))
    with room.database.read() as connection:
        assert keys.load(connection) == {ISSUER}
        assert keys.load(connection) == frozenset()
    for name in ("one", "two"):
        with pytest.raises(IssuerUnknown):
            keys.find(ISSUER, {"kid": f"{ISSUER}#{name}"})
