"""How a relationship with an investor ends: by staff, by the person, or by itself; and what it means until it is resumed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bridge.types import Lot, Permission
from chains.errors import ChainUnavailable
from chains.views import PositionView
from identity.formats.base import StatusReference
from identity.oracle.deciding.lease import Lease, Leases
from identity.oracle.people.agreement import Facts
from identity.oracle.people.records import Shown
from identity.oracle.policy.evaluate import Truth
from identity.oracle.policy.evidence import Evidence
from identity.oracle.relationships import SWEEP_SIZE, Relationships
from identity.refusals import WrongState
from tests.unit.identity.oracle.deciding.room import ASSET, DAY, ISSUER, LIST, NOW, Room

EVERYTHING = Permission.RECEIVE | Permission.SEND | Permission.BRIDGE
EXIT_ONLY = Permission.SEND | Permission.BRIDGE
EMPTY = PositionView(0, 0, (), 0, 0, 0)
FREE, FLYING = PositionView(1, 0, (), 0, 0, 0), PositionView(0, 1, (), 0, 1, 0)
LOCKED = PositionView(0, 0, (Lot(1, 0, NOW + 5 * 365 * DAY),), 0, 0, 0)


class Holdings:
    """A chain of which only positions are asked, at its final block."""

    name = "evm"

    def __init__(self) -> None:
        self.positions: dict[tuple[bytes, bytes], PositionView] = {}
        self.dead = False

    def finalised(self) -> str:
        if self.dead:
            raise ChainUnavailable("evm", "nobody listens")
        return "final"

    def views(self, at: Any) -> Holdings:
        assert at == "final", "what decides is read at a final block"
        return self

    def position_of(self, asset: bytes, investor: bytes) -> PositionView:
        return self.positions.get((asset, investor), EMPTY)


class Ending:
    """The room with its people, two chains, and the job."""

    def __init__(self, room: Room) -> None:
        self.room, self.chains, self.told = room, [Holdings(), Holdings()], 0
        chains: Any = {bytes([place]) * 32: chain for place, chain in enumerate(self.chains)}
        self.job = Relationships(
            people=room.people, chains=chains, database=room.database, clock=room.clock, ended=self._tell
        )

    def _tell(self) -> None:
        self.told += 1

    def sweep(self) -> None:
        lease = Leases(self.room.writer, "this process").take("relationships", 60)
        assert isinstance(lease, Lease)
        self.job.sweep(lease)

    def ended(self, person: str) -> tuple[int, int] | None:
        """When it ended, and until when the records are kept."""
        with self.room.database.read() as connection:
            known = self.room.people.export(connection, person)
        return None if known["ended_at"] is None else (known["ended_at"], known["retain_until"])


@pytest.fixture
def ending(tmp_path: Path) -> Iterator[Ending]:
    with ExitStack() as stack:
        room = Room(tmp_path, stack)
        room.adopt()
        yield Ending(room)


def test_whoever_has_nothing_in_force_and_holds_nothing_is_no_investor_any_more(ending: Ending) -> None:
    person, _ = ending.room.enrol(valid_until=NOW + DAY)
    ending.room.now = NOW + DAY
    ending.sweep()
    assert ending.ended(person) == (NOW + DAY, NOW + DAY + 1_827 * DAY)
    assert ending.told == 1
    assert ending.room.notes("person.end") == [("retention", person)]


def test_a_credential_in_force_keeps_the_relationship(ending: Ending) -> None:
    person, _ = ending.room.enrol(valid_until=NOW + DAY)
    ending.room.now = NOW + DAY - 1
    ending.sweep()
    assert ending.ended(person) is None
    assert ending.told == 0


@pytest.mark.parametrize("chain", [0, 1])
@pytest.mark.parametrize("position", [FREE, LOCKED, FLYING], ids=["free", "locked", "in flight"])
def test_whoever_still_holds_something_anywhere_is_an_investor_however_old_the_evidence(
    ending: Ending, chain: int, position: PositionView
) -> None:
    person, investor = ending.room.enrol(valid_until=NOW + DAY)
    ending.chains[chain].positions[ASSET, investor] = position
    ending.room.now = NOW + 3_000 * DAY
    ending.sweep()
    assert ending.ended(person) is None
    del ending.chains[chain].positions[ASSET, investor]
    ending.sweep()
    assert ending.ended(person) is not None


def test_a_chain_that_does_not_answer_ends_nobody(ending: Ending) -> None:
    person, _ = ending.room.enrol(valid_until=NOW + DAY)
    ending.room.now = NOW + DAY
    ending.chains[1].dead = True
    ending.sweep()
    assert ending.ended(person) is None
    ending.chains[1].dead = False
    ending.sweep()
    assert ending.ended(person) is not None


def test_those_who_still_hold_something_do_not_keep_the_others_from_their_turn(ending: Ending) -> None:
    for _ in range(SWEEP_SIZE + 5):
        _, investor = ending.room.enrol(valid_until=NOW + DAY)
        ending.chains[0].positions[ASSET, investor] = FREE
    done = max(ending.room.names)
    with ending.room.database.read() as connection:
        last = ending.room.people.investor_of(connection, done, ASSET)
    assert last is not None
    del ending.chains[0].positions[ASSET, last]
    ending.room.now = NOW + DAY
    ending.sweep()
    assert ending.ended(done) is None, "the last by id is not among the first fifty"
    ending.sweep()
    assert ending.ended(done) is not None


def test_an_end_is_noted_once_and_time_runs_from_it(ending: Ending) -> None:
    person, _ = ending.room.enrol(valid_until=NOW + DAY)
    ending.room.now = NOW + DAY
    ending.sweep()
    first = ending.ended(person)
    ending.room.now += DAY
    ending.sweep()
    assert ending.ended(person) == first
    with pytest.raises(WrongState):
        ending.room.writer.run_blocking(lambda tx: ending.room.people.end(tx, "petra", person))
    assert ending.ended(person) == first


def test_whose_relationship_has_ended_receives_nothing_at_once_and_may_leave(ending: Ending) -> None:
    room = ending.room
    room.publish()
    person, investor = room.enrol()
    before = room.words()[investor]
    assert before.permissions == EVERYTHING
    room.writer.run_blocking(lambda tx: room.people.end(tx, "petra", person))
    after = room.words()[investor]
    assert after.permissions == EXIT_ONLY
    assert after.class_ == before.class_
    with room.database.read() as connection:
        assert room.deciding.verdicts.verdict(connection, person, ASSET, room.now).truth is Truth.FALSE
        policy = room.deciding.policies.active(connection, ASSET, room.now)
        assert policy is not None
        assert room.people.signer_evidence(connection, person, policy, room.now) == [], "kept, and not used any more"


def test_whoever_shows_credentials_again_is_taken_up_again(ending: Ending) -> None:
    room = ending.room
    room.publish()
    evidence, facts = shown_again()
    enrol = lambda: room.writer.run_blocking(  # noqa: E731
        lambda tx: room.people.enrol(tx, ASSET, [Shown(evidence, "wire~", facts)])
    )
    first = enrol()
    room.writer.run_blocking(lambda tx: room.people.end(tx, "petra", first.person_id))
    again = enrol()
    assert (again.person_id, again.investor) == (first.person_id, first.investor)
    assert ending.ended(first.person_id) is None
    assert room.words()[first.investor].permissions == EVERYTHING


def test_those_who_ended_are_erased_when_their_time_is_over_and_not_before(ending: Ending) -> None:
    room = ending.room
    _, investor = room.enrol(valid_until=NOW + DAY)
    room.now = NOW + DAY
    ending.sweep()
    room.now += 1_827 * DAY - 1
    assert room.writer.run_blocking(room.deciding.erasure.sweep) == 0
    room.now += 1
    assert room.writer.run_blocking(room.deciding.erasure.sweep) == 1
    with room.database.read() as connection:
        assert room.people.erased(connection, ASSET) == [investor]


def shown_again() -> tuple[Evidence, Facts]:
    """A credential that can be shown twice."""
    evidence = Evidence(
        topic="kyc",
        issuer=ISSUER,
        claims={"level": "standard"},
        digest=bytes(31) + b"\1",
        checked_at=NOW - DAY,
        issued_at=NOW - DAY,
        valid_from=NOW - DAY,
        valid_until=NOW + 200 * DAY,
        status=StatusReference(LIST, 5),
    )
    return evidence, Facts("kyc", ISSUER, "holder", subject="subject")
