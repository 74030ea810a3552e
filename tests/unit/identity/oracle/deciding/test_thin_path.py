"""One investor, one policy: admitted while the list says so, out of receiving with the first list that says otherwise."""

from __future__ import annotations

import asyncio

from bridge.types import Permission
from identity.formats.jws import parse_jws
from identity.oracle.deciding.decisions import Answer
from tests.unit.identity.oracle.deciding.room import ASSET, Room

EXIT = Permission.SEND | Permission.BRIDGE


def test_admitted_decided_revoked_and_refused(room: Room) -> None:
    digest = room.adopt()
    _, ana = room.enrol(1)
    _, bob = room.enrol(2)
    room.publish()
    words = room.words()
    assert words[ana].permissions == EXIT | Permission.RECEIVE
    order = room.order(ana, bob)
    jws = parse_jws(asyncio.run(room.deciding.decisions.answer(order)), types=("lockstep-decision+jwt",))
    jws.verify(room.keys.active().public, "decision")
    assert jws.payload["decision"] == "approve"
    assert jws.payload["policy"] == digest.hex()
    assert jws.payload["asset"] == ASSET.hex()
    assert jws.payload["exp"] - jws.payload["iat"] <= 60
    room.woken.clear()
    room.now += 1
    assert asyncio.run(
        room.deciding.pushes.take(room.issuer.push(room.issuer.list({2: 1}, room.now), room.now).encode())
    )
    assert room.woken == [True]
    decided = room.deciding.decisions.decide(order, room.now)
    assert (decided.answer, decided.codes) == (Answer.REJECT, (9,))
    after = room.words()
    assert after[bob].permissions == EXIT
    assert after[bob].class_ == words[bob].class_
    assert after[ana] == words[ana]
