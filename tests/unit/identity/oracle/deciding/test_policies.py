"""A policy needs two people and its time; what is in force changes by a newer one only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from identity.oracle.deciding.errors import NoPolicy, OtherHash, TwoPersonsNeeded
from identity.oracle.deciding.policies import Policies, Proposal
from identity.oracle.policy.document import PolicyRefused
from identity.refusals import NotFound, WrongState
from tests.unit.identity.oracle.deciding.room import ASSET, NOW, Room, policy_document


def propose(room: Room, by: str = "pia", **members: Any) -> Proposal:
    document = json.dumps(policy_document(**members)).encode()
    return room.writer.run_blocking(lambda tx: room.deciding.policies.propose(tx, by, document))


def approve(room: Room, made: Proposal, by: str = "paul") -> int:
    return room.writer.run_blocking(lambda tx: room.deciding.policies.approve(tx, by, made))


def version_in_force(room: Room, at: int | None = None) -> int | None:
    with room.database.read() as connection:
        found = room.deciding.policies.active(connection, ASSET, room.now if at is None else at)
    return None if found is None else found.version


def test_it_is_in_force_once_another_person_approved_it(room: Room) -> None:
    made = propose(room)
    assert version_in_force(room) is None
    with pytest.raises(TwoPersonsNeeded):
        approve(room, made, by="pia")
    assert version_in_force(room) is None
    approve(room, made)
    assert version_in_force(room) == 1
    assert room.notes("policy.propose") == [("pia", f"{ASSET.hex()[:32]}/1")]
    assert room.notes("policy.approve") == [("paul", f"{ASSET.hex()[:32]}/1")]


def test_it_begins_at_its_second_and_not_before(room: Room) -> None:
    approve(room, propose(room, effective_at=NOW + 100))
    assert [version_in_force(room, NOW + second) for second in (99, 100, 101)] == [None, 1, 1]


def test_an_approval_never_reaches_into_the_past(room: Room) -> None:
    made = propose(room, effective_at=NOW - 100)
    room.now += 50
    assert approve(room, made) == NOW + 50
    assert [version_in_force(room, NOW + second) for second in (0, 49, 50)] == [None, None, 1]


def test_the_newest_approved_version_whose_time_has_come_is_in_force(room: Room) -> None:
    approve(room, propose(room))
    approve(room, propose(room, version=2, effective_at=NOW + 10))
    propose(room, version=3)
    assert [version_in_force(room, NOW + second) for second in (9, 10)] == [1, 2]


def test_an_older_version_cannot_come_after_a_newer_one(room: Room) -> None:
    first, second = propose(room), propose(room, version=2)
    with pytest.raises(WrongState):
        propose(room, version=2, holding_limit="5")
    approve(room, second)
    with pytest.raises(WrongState):
        approve(room, first)
    assert version_in_force(room) == 2


def test_the_approver_names_what_was_read(room: Room) -> None:
    made = propose(room)
    with pytest.raises(OtherHash):
        approve(room, Proposal(made.asset, made.version, bytes(32)))
    with pytest.raises(NotFound):
        approve(room, Proposal(made.asset, 9, made.digest))


def test_what_is_not_in_force_yet_can_be_taken_back_and_nothing_else(room: Room) -> None:
    def withdraw(version: int) -> None:
        room.writer.run_blocking(lambda tx: room.deciding.policies.withdraw(tx, "pia", ASSET, version))

    approve(room, propose(room))
    later = propose(room, version=2, effective_at=NOW + 10)
    approve(room, later)
    withdraw(2)
    room.now += 10
    assert version_in_force(room) == 1
    with pytest.raises(WrongState):
        withdraw(1)
    with pytest.raises(WrongState):
        approve(room, later)
    with pytest.raises(WrongState):
        propose(room, version=2)


def test_what_is_no_policy_is_not_stored(room: Room) -> None:
    with pytest.raises(PolicyRefused):
        propose(room, seats="many")
    with room.database.read() as connection:
        assert Policies().versions(connection, ASSET) == []


def test_without_a_policy_there_is_no_verdict(room: Room) -> None:
    person, _ = room.enrol(1)
    with room.database.read() as connection, pytest.raises(NoPolicy):
        room.deciding.verdicts.verdict(connection, person, ASSET, room.now)
    assert room.words() == {}


def test_a_policy_that_comes_into_force_wakes_the_publisher(room: Room) -> None:
    approve(room, propose(room, effective_at=NOW + 10))
    jobs = room.deciding.jobs()
    room.now += 9
    jobs.run("sweep")
    assert room.woken == []
    room.now += 1
    jobs.run("sweep")
    jobs.run("sweep")
    assert room.woken == [True]
