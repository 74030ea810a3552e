"""What the oracle answers about an order: by the newest state, with public codes only, after it is on the disk."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, select

from bridge.digests import digest_order
from bridge.refusals import Refusal
from bridge.types import TransferOrder
from identity.errors import SignatureInvalid
from identity.formats.jws import Jws, LocalKey, parse_jws
from identity.oracle.deciding.decisions import Answer, Decided
from identity.oracle.deciding.screening import HitState, NewHit
from identity.oracle.deciding.tables import DECISIONS
from identity.oracle.policy.topics import TOPICS
from identity.oracle.policy.words import Hold
from identity.storage.database import StorageFailed
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
        lambda tx: room.deciding.screening.open(tx, "ola", NewHit(person, "officer", person, {"list": "EU sanctions"}))
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


KYC, HOME = {"topic": "kyc"}, {"topic": "residency", "where": {"country": {"equals": "DE"}}}


@pytest.mark.parametrize(
    ("rule", "country", "expected"),
    [
        ({"any": [KYC, HOME]}, "FR", Answer.HOLD),
        ({"all": [KYC, HOME]}, "FR", Answer.REJECT),
        ({"all": [KYC, HOME]}, None, Answer.HOLD),
        ({"all": [KYC, HOME]}, "DE", Answer.HOLD),
        ({"all": [KYC, HOME, {"topic": "affiliate"}]}, "DE", Answer.HOLD),
    ],
    ids=[
        "the other way is closed",
        "something else is not met",
        "nothing is shown",
        "the rest is met",
        "more is missing",
    ],
)
def test_what_a_lifted_suspension_would_cure_is_held_and_nothing_else(
    room: Room, rule: dict[str, Any], country: str | None, expected: Answer
) -> None:
    """Beside anything else that was missing, a suspension counted as final, and its order was sent back."""
    room.adopt(admit=rule, trust={topic: [ISSUER] for topic in ("kyc", "residency", "affiliate")})
    _, ana = room.enrol(1)
    _, bob = room.enrol_with(
        [("kyc", 2, {"level": "standard"}), ("residency", 3, {} if country is None else {"country": country})]
    )
    room.publish({2: 2})
    assert decide(room, ana, bob).answer is expected


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
    assert without_order(seen[0]) == without_order(seen[1])


def without_order(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in ("order", "iat", "exp")}


def test_no_two_reviews_differ_whoever_it_is_and_whatever_was_found(two: tuple[Room, bytes, bytes]) -> None:
    """The version of the evidence changed when an officer confirmed a hit, or when something else came out beside it."""
    room, ana, bob = two
    _, cyd = room.enrol(3)
    hit = hold(room, bob)
    hold(room, cyd, confirmed=True)
    seen = [
        answer(room, room.order(*ends)).payload for ends in ((bob, ana), (ana, bob), (bob, bob), (cyd, ana), (ana, cyd))
    ]
    room.writer.run_blocking(lambda tx: room.deciding.screening.judge(tx, "oscar", hit, HitState.CONFIRMED))
    seen.append(answer(room, room.order(ana, bob)).payload)
    room.now += 1
    room.publish({1: 1, 2: 2})
    seen.append(answer(room, room.order(ana, bob)).payload)
    assert all(without_order(payload) == without_order(seen[0]) for payload in seen)
    assert len({len(str(without_order(payload))) for payload in seen}) == 1


def test_a_review_takes_the_same_steps_as_any_other_answer(two: tuple[Room, bytes, bytes]) -> None:
    """What is asked of the database, and what is written, tells by its time."""
    room, ana, bob = two
    seen = []
    hit = ""
    for state in (Hold.NONE, Hold.SUSPECTED, Hold.CONFIRMED):
        if state is Hold.SUSPECTED:
            hit = hold(room, bob)
        if state is Hold.CONFIRMED:
            judged = partial(room.deciding.screening.judge, officer="oscar", hit_id=hit, to=HitState.CONFIRMED)
            room.writer.run_blocking(judged)
        asked: list[str] = []

        def listen(_connection: Any, _cursor: Any, statement: str, *_: Any, asked: list[str] = asked) -> None:
            asked.append(statement)

        for engine in (room.database.writer, room.database._reader):
            event.listen(engine, "before_cursor_execute", listen)
        answer(room, room.order(ana, bob))
        for engine in (room.database.writer, room.database._reader):
            event.remove(engine, "before_cursor_execute", listen)
        seen.append(asked)
    assert seen[0]
    assert seen[0] == seen[1] == seen[2]


def test_the_policy_of_the_second_decides_also_about_orders_under_way(two: tuple[Room, bytes, bytes]) -> None:
    room, ana, bob = two
    before = decide(room, ana, bob)
    admit = {"topic": "kyc", "where": {"level": {"equals": "enhanced"}}}
    digest = room.adopt(version=2, admit=admit, effective_at=NOW + 10)
    for second, expected in ((9, Answer.APPROVE), (10, Answer.REJECT)):
        room.now = NOW + second
        found = decide(room, ana, bob)
        assert (found.answer, found.policy == digest) == (expected, expected is Answer.REJECT)
    assert before.policy != digest


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
    assert (decide(room, ana, ana).answer, decide(room, ana, ana).codes) == (Answer.APPROVE, ())
    room.publish({1: 1})
    revoked = decide(room, ana, ana)
    # By the codes an attestor knows that the chain's denial is no word that is only late.
    assert (revoked.answer, revoked.codes) == (Answer.APPROVE, (Refusal.ReceiverNotEligible,))


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
    assert "sanctions" not in text
