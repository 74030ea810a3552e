"""A pushed message brings the newest list at once, and nothing else gets in by that door."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bridge.errors import LockstepError
from identity.errors import (
    AlgorithmRefused,
    IssuerUnknown,
    MalformedJwt,
    MalformedStatusList,
    NotInForce,
    SignatureInvalid,
)
from identity.formats.base import StatusReference
from identity.formats.jws import LocalKey
from identity.formats.strict import encode_base64url, encode_json
from identity.oracle.policy.evidence import Standing
from identity.oracle.status.lists import ListRolledBack
from identity.oracle.status.pushes import MAX_PUSH_BYTES
from identity.oracle.status.tables import PUSHES, STATUS_TOKENS
from tests.unit.identity.oracle.deciding.room import ISSUER, LIST, NOW, OTHER, Room

STRANGER = LocalKey(ec.generate_private_key(ec.SECP256R1()), f"{ISSUER}#one")


@pytest.fixture(autouse=True)
def _somebody_relies_on_the_list(room: Room) -> None:
    room.enrol(3)
    room.publish()
    room.now += 1
    room.woken.clear()


def push(room: Room, message: str | None = None, **payload: Any) -> bool:
    text = room.issuer.push(room.issuer.list({3: 1}, room.now), room.now, **payload) if message is None else message
    return asyncio.run(room.deciding.pushes.take(text.encode("utf-8")))


def standing(room: Room) -> Standing:
    return room.deciding.lists.standing(StatusReference(LIST, 3), ISSUER, room.now)


def stored(room: Room) -> tuple[int, int]:
    with room.database.read() as connection:
        pushes = connection.execute(select(func.count()).select_from(PUSHES)).scalar_one()
        return pushes, connection.execute(select(func.count()).select_from(STATUS_TOKENS)).scalar_one()


def test_a_revocation_holds_with_the_answer_and_wakes_the_publisher_at_once(room: Room) -> None:
    assert push(room)
    assert standing(room) is Standing.INVALID
    assert room.woken == [True]
    assert room.web.asked == []


def test_it_outlives_a_restart(room: Room) -> None:
    push(room)
    started = room.another()
    started.begin()
    assert started.lists.standing(StatusReference(LIST, 3), ISSUER, room.now) is Standing.INVALID


def test_the_same_message_again_changes_nothing(room: Room) -> None:
    text = room.issuer.push(room.issuer.list({3: 1}, room.now), room.now)
    assert push(room, text)
    room.now += 1
    room.publish({})
    assert not push(room, room.issuer.push(room.issuer.list({3: 1}, room.now), room.now))
    assert standing(room) is Standing.VALID
    with pytest.raises(ListRolledBack):
        push(room, text)


def test_what_the_message_says_of_changes_decides_nothing(room: Room) -> None:
    claims = [{"idx": 3, "status": 1}]
    text = room.issuer.push(room.issuer.list({}, room.now), room.now, changes=claims)
    assert not push(room, text)
    assert standing(room) is Standing.VALID


def test_a_list_nobody_relies_on_is_not_kept(room: Room) -> None:
    uri = "https://issuer.example/status/two"
    before = stored(room)
    assert not push(room, room.issuer.push(room.issuer.list({}, room.now, uri=uri), room.now, sub=uri))
    assert stored(room) == before
    assert room.deciding.lists.held(uri, ISSUER) is None


def unsigned(room: Room) -> str:
    payload = {"iss": ISSUER, "iat": room.now, "jti": "x", "sub": LIST, "status_list_token": "a.b.c"}
    parts = [
        encode_base64url(encode_json({"alg": "none", "typ": "lockstep-status+jwt"})),
        encode_base64url(encode_json(payload)),
    ]
    return f"{parts[0]}.{parts[1]}.AAAA"


def mine(room: Room, **payload: Any) -> str:
    return room.issuer.push(room.issuer.list({3: 1}, room.now), room.now, **payload)


HOSTILE: dict[str, tuple[Any, type[LockstepError]]] = {
    "signed by somebody else": (
        lambda room: room.issuer.push(room.issuer.list({3: 1}, room.now), room.now, key=STRANGER),
        SignatureInvalid,
    ),
    "not signed": (unsigned, AlgorithmRefused),
    "of a stranger": (lambda room: mine(room, iss="did:web:stranger.example"), IssuerUnknown),
    "of one issuer with the list of another": (
        lambda room: room.issuer.push(room.other.list({3: 1}, room.now), room.now),
        MalformedJwt,
    ),
    "signed by one trusted issuer as another": (
        lambda room: room.other.push(room.issuer.list({3: 1}, room.now), room.now, iss=ISSUER),
        IssuerUnknown,
    ),
    "for another address than the list's": (lambda room: mine(room, sub=f"{LIST}/else"), MalformedStatusList),
    "with an older list": (
        lambda room: room.issuer.push(room.issuer.list({3: 1}, NOW - 1), room.now),
        ListRolledBack,
    ),
    "with a forged list": (
        lambda room: room.issuer.push(room.issuer.list({3: 1}, room.now)[:-4] + "AAAA", room.now),
        SignatureInvalid,
    ),
    "with a list as the message": (lambda room: room.issuer.list({3: 1}, room.now), MalformedJwt),
    "older than five minutes": (
        lambda room: room.issuer.push(room.issuer.list({3: 1}, room.now), room.now - 301),
        NotInForce,
    ),
    "from the future": (lambda room: room.issuer.push(room.issuer.list({3: 1}, room.now), room.now + 61), NotInForce),
    "without an id": (lambda room: mine(room, jti=...), MalformedJwt),
    "with a number for an id": (lambda room: mine(room, jti=5), MalformedJwt),
    "without a list": (lambda room: mine(room, status_list_token=...), MalformedJwt),
    "of another type": (lambda room: mine(room, header={"typ": "JWT"}), MalformedJwt),
    "with critical extensions": (lambda room: mine(room, header={"crit": ["x"]}), MalformedJwt),
    "too large": (lambda _room: "e" * (MAX_PUSH_BYTES + 1), MalformedJwt),
    "deeper than it may be": (lambda room: mine(room, changes=[[[[[[[[1]]]]]]]]), MalformedJwt),
    "no message": (lambda _room: "revoke everybody", MalformedJwt),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_no_message_is_taken(room: Room, case: str) -> None:
    make, error = HOSTILE[case]
    before = stored(room)
    with pytest.raises(error):
        push(room, make(room))
    assert stored(room) == before
    assert standing(room) is Standing.VALID
    assert room.woken == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_message_is_a_typed_refusal(room: Room, data: st.DataObject) -> None:
    text = mine(room)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(max_codepoint=0x17F).filter(lambda one: one != text[place]))
    with pytest.raises(LockstepError):
        push(room, text[:place] + other + text[place + 1 :])
    assert standing(room) is Standing.VALID


def test_a_message_may_be_on_its_way_for_five_minutes_and_a_clock_a_minute_ahead(room: Room) -> None:
    token = room.issuer.list({3: 1}, room.now)
    room.deciding.pushes.check(room.issuer.push(token, room.now - 300).encode(), room.now)
    room.deciding.pushes.check(room.issuer.push(token, room.now + 60).encode(), room.now)


def test_another_trusted_issuer_cannot_speak_for_a_list_at_the_same_address(room: Room) -> None:
    room.enrol(3, issuer=OTHER)
    assert push(room, room.other.push(room.other.list({3: 1}, room.now), room.now))
    assert standing(room) is Standing.VALID
    assert room.deciding.lists.standing(StatusReference(LIST, 3), OTHER, room.now) is Standing.INVALID
