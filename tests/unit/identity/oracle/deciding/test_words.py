"""What should stand on the chains: given while everything holds, taken at once, left alone for a while when unknown."""

from __future__ import annotations

import json

from sqlalchemy import select

from bridge.types import Permission
from identity.oracle.deciding.screening import HitState, NewHit
from identity.oracle.deciding.tables import CLASS_MEMBERS, WORDS
from identity.oracle.policy.document import UNADMITTED
from identity.oracle.policy.words import Word
from tests.unit.identity.oracle.deciding.room import ASSET, DAY, LIST, NOW, Room, policy_document

RECEIVE, EXIT = int(Permission.RECEIVE), int(Permission.SEND | Permission.BRIDGE)
GRACE = 300


def word(room: Room, investor: bytes) -> Word | None:
    found: Word | None = room.words()[investor]
    return found


def permissions(room: Room, investor: bytes) -> int | None:
    found = word(room, investor)
    return None if found is None else found.permissions


def test_a_word_reaches_to_the_last_point_of_the_grid_within_35_days(room: Room) -> None:
    room.adopt(grid_offset=1_000)
    _, ana = room.enrol(1)
    room.publish()
    found = word(room, ana)
    assert found is not None
    assert (found.valid_until - 1_000) % (7 * DAY) == 0
    assert NOW + 28 * DAY < found.valid_until <= NOW + 35 * DAY


def test_a_word_is_renewed_when_the_grid_moves_on_and_the_publisher_is_told(room: Room) -> None:
    room.adopt()
    _, ana = room.enrol(1)
    room.publish()
    before = word(room, ana)
    jobs = room.deciding.jobs()
    room.woken.clear()
    jobs.run("renewal")
    assert room.woken == []
    room.now += 7 * DAY
    room.publish()
    jobs.run("renewal")
    assert room.woken[-1] is False
    after = word(room, ana)
    assert before is not None
    assert after == Word(before.class_, before.permissions, before.valid_until + 7 * DAY)
    room.woken.clear()
    jobs.run("renewal")
    assert room.woken == []


def test_what_is_unknown_is_left_alone_for_the_grace_and_then_taken(room: Room) -> None:
    room.adopt()
    _, ana = room.enrol(1)
    room.publish(ttl=15)
    before = word(room, ana)
    room.now += 16
    first_unknown = room.now
    assert word(room, ana) == before
    room.now = first_unknown + GRACE - 1
    assert word(room, ana) == before
    jobs = room.deciding.jobs()
    room.woken.clear()
    jobs.run("sweep")
    assert room.woken == []
    room.now += 1
    jobs.run("sweep")
    assert room.woken == [True]
    assert permissions(room, ana) == EXIT
    room.woken.clear()
    jobs.run("sweep")
    assert room.woken == []
    room.publish()
    assert permissions(room, ana) == EXIT | RECEIVE


def test_the_grace_outlives_a_restart(room: Room) -> None:
    room.adopt()
    _, ana = room.enrol(1)
    room.publish(ttl=15)
    room.words()
    room.now += 16
    room.words()
    room.now += GRACE
    assert room.words(room.another())[ana].permissions == EXIT


def test_a_new_spell_of_not_knowing_begins_anew(room: Room) -> None:
    room.adopt()
    _, ana = room.enrol(1)
    room.publish(ttl=15)
    room.words()
    room.now += 16
    room.words()
    room.now += 200
    room.publish(ttl=15)
    room.words()
    room.now += 16
    assert permissions(room, ana) == EXIT | RECEIVE
    room.now += GRACE - 1
    assert permissions(room, ana) == EXIT | RECEIVE


def test_somebody_never_admitted_gets_a_class_without_seats_once_it_is_known(room: Room) -> None:
    room.adopt()
    _, ana = room.enrol(1)
    room.publish({1: 1})
    found = word(room, ana)
    assert found is not None
    assert (found.permissions, found.valid_until) == (EXIT, 0)
    assert room.deciding.source.classes(ASSET)[found.class_] == UNADMITTED


def test_classes_are_drawn_once_and_kept(room: Room) -> None:
    room.adopt()
    investors = [room.enrol(number)[1] for number in range(1, 40)]
    room.publish()
    first = {investor: found.class_ for investor, found in room.words().items()}
    assert set(first) == set(investors)
    assert len(set(first.values())) == 3
    assert {found.class_ for found in room.words(room.another()).values()} == set(first.values())
    room.publish(dict.fromkeys(range(1, 40), 2))
    room.now += 1
    room.words()
    room.publish()
    assert {investor: found.class_ for investor, found in room.words().items()} == first
    with room.database.read() as connection:
        numbers = connection.execute(select(CLASS_MEMBERS.c.number)).scalars().all()
    assert sorted(set(numbers)) == sorted(set(first.values()))


def test_an_investor_who_comes_back_to_a_bucket_gets_the_class_he_had(room: Room) -> None:
    buckets = [
        {"name": "enhanced", "seats": 5, "when": {"topic": "kyc", "where": {"level": {"equals": "enhanced"}}}},
        {"name": "others", "seats": 5},
    ]
    room.adopt(buckets=buckets)
    _, ana = room.enrol(1)
    room.publish()
    first = word(room, ana)
    swapped = [
        {"name": "enhanced", "seats": 5, "when": {"topic": "kyc", "where": {"level": {"equals": "standard"}}}},
        {"name": "others", "seats": 5},
    ]
    room.adopt(buckets=swapped, version=2)
    second = word(room, ana)
    room.adopt(buckets=buckets, version=3)
    third = word(room, ana)
    assert first is not None
    assert second is not None
    assert second.class_ != first.class_
    assert third == first


def test_a_hit_takes_receiving_and_a_confirmed_one_everything(room: Room) -> None:
    room.adopt()
    person, ana = room.enrol(1)
    room.publish()
    before = word(room, ana)
    hit = room.writer.run_blocking(
        lambda tx: room.deciding.screening.open(tx, "ola", NewHit(person, "officer", "1", {"list": "EU"}))
    )
    assert before is not None
    assert word(room, ana) == Word(before.class_, EXIT, before.valid_until)
    room.writer.run_blocking(lambda tx: room.deciding.screening.judge(tx, "oscar", str(hit), HitState.CONFIRMED))
    assert word(room, ana) == Word(before.class_, 0, before.valid_until)


def test_the_word_of_somebody_erased_stops_receiving_and_lifts_no_block(room: Room) -> None:
    room.adopt()
    ana_person, ana = room.enrol(1)
    bob_person, bob = room.enrol(2)
    room.publish()
    room.words()
    hit = room.writer.run_blocking(
        lambda tx: room.deciding.screening.open(tx, "ola", NewHit(bob_person, "officer", "1", {"list": "EU"}))
    )
    room.writer.run_blocking(lambda tx: room.deciding.screening.judge(tx, "oscar", str(hit), HitState.CONFIRMED))
    before = room.words()
    assert before[bob].permissions == 0
    for person in (ana_person, bob_person):
        room.writer.run_blocking(lambda tx, person=person: room.people.end(tx, "petra", person))
    room.now += 6 * 366 * DAY
    for person in (ana_person, bob_person):
        room.writer.run_blocking(lambda tx, person=person: room.people.erase(tx, "petra", person))
    assert room.words() == {
        ana: Word(before[ana].class_, EXIT, before[ana].valid_until),
        bob: Word(before[bob].class_, 0, before[bob].valid_until),
    }


def test_nothing_is_written_when_nothing_has_changed(room: Room) -> None:
    room.adopt()
    room.enrol(1)
    room.publish()
    room.words()
    with room.database.read() as connection:
        before = connection.execute(select(WORDS)).all()
    room.writer.close()
    room.words()
    with room.database.read() as connection:
        assert connection.execute(select(WORDS)).all() == before


def test_evidence_that_ends_is_told_once_and_needs_no_haste(room: Room) -> None:
    room.adopt()
    _, ana = room.enrol(1, valid_until=NOW + 20)
    room.publish(ttl=60)
    room.words()
    jobs = room.deciding.jobs()
    room.woken.clear()
    room.now += 19
    jobs.run("sweep")
    assert room.woken == []
    room.now += 1
    jobs.run("sweep")
    jobs.run("sweep")
    assert room.woken == [False]
    assert permissions(room, ana) == EXIT | RECEIVE


def test_the_publisher_is_given_the_lists_its_signers_ask_for(room: Room) -> None:
    digest = room.adopt()
    room.enrol(1)
    room.enrol(2, uri=f"{LIST}/unknown")
    token = room.issuer.list({}, room.now)
    room.deciding.lists.take(token, LIST, room.now)
    source = room.deciding.source
    assert source.assets() == [ASSET]
    assert source.policy(ASSET).digest == digest
    assert source.policy(ASSET).holding_limit == policy_document()["holding_limit"]
    assert source.status_tokens(ASSET) == {LIST: token}
    assert json.loads(source.policy(ASSET).canonical) == policy_document()
