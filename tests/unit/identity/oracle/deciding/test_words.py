"""What should stand on the chains: given while everything holds, taken at once, left alone for a while when unknown."""

from __future__ import annotations

import hashlib
import json
from typing import Any

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
    jobs = room.deciding.jobs()
    jobs.run("sweep")
    room.now = first_unknown + GRACE - 1
    assert word(room, ana) == before
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


def test_a_clock_that_was_put_back_makes_no_grace_longer(room: Room) -> None:
    room.now -= 7_200
    room.adopt(effective_at=0)
    room.now += 7_200
    _, ana = room.enrol(1)
    room.publish(ttl=15)
    room.words()
    room.now += 16
    room.words()
    room.now -= 3_600
    assert permissions(room, ana) == EXIT | RECEIVE
    room.now += GRACE
    assert permissions(room, ana) == EXIT


def test_somebody_never_admitted_gets_a_class_without_seats_once_it_is_known(room: Room) -> None:
    room.adopt()
    _, ana = room.enrol(1)
    room.publish({1: 1})
    found = word(room, ana)
    assert found is not None
    assert (found.permissions, found.valid_until) == (EXIT, 0)
    assert room.deciding.source.classes(ASSET)[found.class_] == UNADMITTED


def test_nothing_is_wanted_for_an_asset_that_somebody_has_not_asked_for(room: Room) -> None:
    """Somebody's being eligible for it is nobody's business before."""
    other = hashlib.sha256(b"another asset").digest()
    room.adopt()
    room.adopt(asset=f"0x{other.hex()}")
    _, ana = room.enrol(1)
    room.publish()
    assert set(room.words()) == {ana}
    assert room.deciding.words.wanted_now(other) == []


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


def test_a_suspect_and_somebody_revoked_look_the_same_on_the_chains_week_after_week(room: Room) -> None:
    """The word of a suspect was renewed with everybody else's, and those of other refused people were not."""
    room.adopt()
    (person, suspect), (_, revoked) = room.enrol(1), room.enrol(2)
    room.publish()
    before = room.words()
    room.writer.run_blocking(
        lambda tx: room.deciding.screening.open(tx, "ola", NewHit(person, "officer", "1", {"list": "EU"}))
    )
    jobs = room.deciding.jobs()
    for _ in range(6):
        room.now += 7 * DAY
        room.publish({2: 1})
        found = room.words()
        for one in (suspect, revoked):
            assert found[one] == Word(before[one].class_, EXIT, before[one].valid_until)
        room.woken.clear()
        jobs.run("renewal")
        assert room.woken == []


def test_a_suspect_who_was_never_admitted_looks_like_anybody_who_never_was(room: Room) -> None:
    room.adopt()
    (person, suspect), (_, revoked) = room.enrol(1), room.enrol(2)
    room.writer.run_blocking(
        lambda tx: room.deciding.screening.open(tx, "ola", NewHit(person, "officer", "1", {"list": "EU"}))
    )
    room.publish({2: 1})
    found = room.words()
    assert {(found[one].permissions, found[one].valid_until) for one in (suspect, revoked)} == {(EXIT, 0)}
    classes = room.deciding.source.classes(ASSET)
    assert {classes[found[one].class_] for one in (suspect, revoked)} == {UNADMITTED}


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


def test_a_process_with_an_older_list_does_not_write_over_what_another_one_learnt(room: Room) -> None:
    """It would have remembered a word with receiving, which the next minutes of not knowing then left alone."""
    room.adopt()
    _, ana = room.enrol(1)
    room.publish()
    room.words()
    slow, quick = room.another(), room.another()
    slow.begin()
    token = room.issuer.list({}, room.now, ttl=15)
    slow.lists.take(token, LIST, room.now)
    cases = slow.words._cases

    def late(*args: Any) -> Any:
        """Another process looks after this one has read and before it writes."""
        found = cases(*args)
        quick.lists.take(room.issuer.list({1: 1}, room.now + 1, ttl=15), LIST, room.now)
        assert room.words(quick)[ana].permissions == EXIT
        return found

    slow.words._cases = late  # type: ignore[method-assign]
    room.now += 7 * DAY
    slow.lists.take(room.issuer.list({}, room.now, ttl=15), LIST, room.now)
    room.words(slow)
    del slow.words._cases
    room.now += 16
    assert room.words(room.another())[ana].permissions == EXIT


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


def test_a_list_that_grows_too_old_wakes_the_publisher_and_so_does_one_that_comes_back_unchanged(room: Room) -> None:
    """The first so that the grace begins, the second so that what was taken is given again."""
    room.adopt()
    _, ana = room.enrol(1)
    room.publish(ttl=15)
    assert word(room, ana) is not None
    jobs = room.deciding.jobs()
    room.woken.clear()
    room.now += 15
    jobs.run("sweep")
    assert room.woken == []
    room.now += 1
    jobs.run("sweep")
    assert room.woken == [True]
    room.woken.clear()
    room.now += 5
    jobs.run("sweep")
    assert room.woken == []
    room.publish(ttl=15)
    room.woken.clear()
    jobs.run("sweep")
    assert room.woken == [False]
    room.woken.clear()
    jobs.run("sweep")
    assert room.woken == []
