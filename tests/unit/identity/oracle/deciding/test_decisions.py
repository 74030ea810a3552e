"""What the oracle answers about an order: by the newest state, with public codes only, after it is on the disk."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from bridge.digests import digest_order
from bridge.types import TransferOrder
from identity.errors import SignatureInvalid
from identity.formats.jws import Jws, LocalKey, parse_jws
from identity.oracle.deciding.decisions import Answer, Decided
from identity.oracle.deciding.screening import HitState, NewHit
from identity.oracle.deciding.tables import DECISIONS
from identity.oracle.policy.topics import TOPICS
from identity.storage.writer import StorageFailed
from tests.unit.identity.oracle.deciding.room import DAY, DID, ISSUER, NOW, Room


@pytest.fixture
def two(room: Room) -> tuple[Room, bytes, bytes]:
    """A room with a policy and two admitted investors, at places 1 and 2 of the list."""
    room.adopt()
    (_, ana), (_, bob) = room.enrol(1), room.enrol(2)
    room.publish()
    return room, ana, bob


def decide(room: Room, giver: bytes, getter: bytes) -> Decided:
    return room.deciding.decisions.decide(room.order(giver, getter), room.now)


def answer(room: Room, order: TransferOrder) -> Jws:
    return parse_jws(asyncio.run(room.deciding.decisions.answer(order)), types=("lockstep-decision+jwt",))


def hold(room: Room, investor: bytes, *, confirmed: bool = False) -> str:
    with room.database.read() as connection:
        person = room.people.person_of(connection, room.order(investor, investor).asset, investor)
    assert person is not None
    hit = room.writer.run_blocking(
        lambda tx: room.deciding.screening.open(tx, "ola", NewHit(person, "officer", person, {"list": "EU"}))
    )
    assert hit is not None
    if confirmed:
        room.writer.run_blocking(lambda tx: room.deciding.screening.judge(tx, "oscar", hit, HitState.CONFIRMED))
    return hit


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ({}, (Answer.APPROVE, ())),
        ({2: 1}, (Answer.REJECT, (9,))),
        ({2: 2}, (Answer.HOLD, (9,))),
        ({1: 1}, (Answer.APPROVE, ())),
    ],
    ids=["both stand", "the receiver is revoked", "the receiver is suspended", "the sender is revoked and leaves"],
)
def test_the_receivers_evidence_decides(
    two: tuple[Room, bytes, bytes], statuses: dict[int, int], expected: tuple[Answer, tuple[int, ...]]
) -> None:
    room, ana, bob = two
    room.now += 1
    room.publish(statuses)
    decided = decide(room, ana, bob)
    assert (decided.answer, decided.codes) == expected
    assert not decided.under_review


def test_a_list_out_of_reach_holds_from_the_second_it_is_too_old(two: tuple[Room, bytes, bytes]) -> None:
    room, ana, bob = two
    answers = []
    for _ in range(3):
        answers.append(decide(room, ana, bob))
        room.now += 15 if len(answers) == 1 else 1
    assert [one.answer for one in answers] == [Answer.APPROVE, Answer.APPROVE, Answer.HOLD]
    assert answers[2].codes == (11,)


def test_expired_evidence_holds(room: Room) -> None:
    room.adopt()
    _, ana = room.enrol(1)
    _, bob = room.enrol(2, valid_until=NOW + 5)
    room.publish()
    room.now += 4
    assert decide(room, ana, bob).answer is Answer.APPROVE
    room.now += 1
    assert (decide(room, ana, bob).answer, decide(room, ana, bob).codes) == (Answer.HOLD, (10,))


def test_nobody_known_is_held(two: tuple[Room, bytes, bytes]) -> None:
    room, ana, bob = two
    stranger = bytes(16) + b"\x07" * 16
    assert (decide(room, ana, stranger).answer, decide(room, ana, stranger).codes) == (Answer.HOLD, (5,))
    assert (decide(room, stranger, bob).answer, decide(room, stranger, bob).codes) == (Answer.HOLD, (4,))


def test_an_asset_without_a_policy_is_held(two: tuple[Room, bytes, bytes]) -> None:
    room, ana, bob = two
    decided = room.deciding.decisions.decide(room.order(ana, bob, asset=b"\x09" * 32), room.now)
    assert (decided.answer, decided.codes, decided.policy) == (Answer.HOLD, (3,), None)


@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize("end", ["sender", "receiver", "both ends of his own crossing"])
def test_a_review_holds_and_tells_nothing(two: tuple[Room, bytes, bytes], end: str, confirmed: bool) -> None:
    room, ana, bob = two
    hold(room, bob, confirmed=confirmed)
    giver, getter = {"sender": (bob, ana), "receiver": (ana, bob)}.get(end, (bob, bob))
    room.now += 1
    # Whatever else stands against him: what is told must not differ with it.
    seen = []
    for statuses in ({}, {2: 1}):
        room.publish(statuses)
        seen.append(answer(room, room.order(giver, getter)).payload)
        room.now += 1
    for payload in seen:
        assert payload["decision"] == "hold"
        assert payload["codes"] == []
        assert payload["under_review"] is True


def test_a_failed_screening_credential_is_a_review_too(room: Room) -> None:
    assert TOPICS["sanctions_screening"].screening
    room.adopt(
        admit={"topic": "sanctions_screening", "where": {"result": {"equals": "clear"}}},
        trust={"sanctions_screening": [ISSUER]},
    )
    _, ana = room.enrol(1, topic="sanctions_screening", claims={"result": "clear"})
    _, bob = room.enrol(2, topic="sanctions_screening", claims={"result": "hit"})
    room.publish()
    for giver, getter in ((ana, bob), (bob, ana)):
        decided = decide(room, giver, getter)
        assert (decided.answer, decided.codes, decided.under_review) == (Answer.HOLD, (), True)
    assert decide(room, ana, ana).answer is Answer.APPROVE


def test_ones_own_crossing_is_left_to_the_rules_of_the_chains(two: tuple[Room, bytes, bytes]) -> None:
    room, ana, _ = two
    room.now += 1
    room.publish({1: 1})
    assert decide(room, ana, ana).answer is Answer.APPROVE


def test_an_issuer_distrusted_this_second_counts_this_second(two: tuple[Room, bytes, bytes]) -> None:
    room, ana, bob = two
    room.writer.run_blocking(lambda tx: room.deciding.trust.distrust(tx, "pia", ISSUER, NOW - DAY))
    assert decide(room, ana, bob).answer is Answer.REJECT


def test_the_answer_says_what_it_is_about_and_for_how_long(two: tuple[Room, bytes, bytes]) -> None:
    room, ana, bob = two
    order = room.order(ana, bob)
    jws = answer(room, order)
    assert jws.header["typ"] == "lockstep-decision+jwt"
    assert set(jws.payload) == {
        "iss", "order", "asset", "decision", "codes", "policy", "evidence_version", "iat", "exp",
    }  # fmt: skip
    assert jws.payload["iss"] == DID
    assert jws.payload["order"] == digest_order(order).hex()
    assert (jws.payload["iat"], jws.payload["exp"]) == (NOW, NOW + 60)
    jws.verify(room.keys.active().public, "decision")
    from cryptography.hazmat.primitives.asymmetric import ec

    with pytest.raises(SignatureInvalid):
        jws.verify(LocalKey(ec.generate_private_key(ec.SECP256R1())).public, "decision")


def test_the_evidence_version_changes_with_what_the_answer_rests_on(two: tuple[Room, bytes, bytes]) -> None:
    room, ana, bob = two
    first = decide(room, ana, bob).evidence_version
    assert decide(room, ana, bob).evidence_version == first
    room.now += 1
    room.publish({2: 1})
    assert decide(room, ana, bob).evidence_version != first
    room.now += 1
    room.publish()
    assert decide(room, ana, bob).evidence_version == first
    room.adopt(version=2, holding_limit="7")
    assert decide(room, ana, bob).evidence_version != first


def test_each_answer_is_stored(two: tuple[Room, bytes, bytes]) -> None:
    room, ana, bob = two
    order = room.order(ana, bob)
    for _ in range(2):
        answer(room, order)
    with room.database.read() as connection:
        rows = connection.execute(select(DECISIONS)).all()
    assert [(row.order_id, row.decision, row.at) for row in rows] == [(digest_order(order), "approve", NOW)] * 2


def test_what_is_not_on_the_disk_is_not_answered(two: tuple[Room, bytes, bytes], monkeypatch: Any) -> None:
    room, ana, bob = two
    with room.database.writer.begin() as connection:
        DECISIONS.drop(connection)
    with pytest.raises(StorageFailed):
        asyncio.run(room.deciding.decisions.answer(room.order(ana, bob)))


def test_the_record_names_nobody(two: tuple[Room, bytes, bytes]) -> None:
    room, ana, bob = two
    hold(room, bob)
    answer(room, room.order(ana, bob))
    with room.database.read() as connection:
        row = connection.execute(select(DECISIONS)).one()
        person_ids = [room.people.person_of(connection, room.order(ana, bob).asset, one) for one in (ana, bob)]
    text = repr(tuple(row))
    assert not any(str(person) in text for person in person_ids)
    assert "EU" not in text
