"""The doors for machines: decisions for attestors, pushes from issuers, reports from providers."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bridge.abi import encode_struct
from bridge.digests import digest_order
from identity.formats.base import StatusReference
from identity.formats.jws import parse_jws
from identity.formats.strict import encode_json
from identity.oracle.deciding.providers import SecretProvider
from identity.oracle.deciding.roles import Role
from identity.oracle.policy.evidence import Standing
from identity.oracle.policy.words import Hold
from identity.oracle.status.pushes import MAX_PUSH_BYTES
from tests.unit.identity.oracle.deciding.room import ISSUER, LIST, Room
from tests.unit.identity.oracle.deciding.test_screening import SECRET, signed

JWT = {"Content-Type": "application/jwt"}


@pytest.fixture
def asked(room: Room) -> tuple[Room, str, dict[str, Any]]:
    """A room with an order between two admitted investors, an attestor's token, and the question."""
    room.adopt()
    (_, ana), (_, bob) = room.enrol(1), room.enrol(2)
    room.publish()
    token = room.hire("attestor-1", Role.ATTESTOR)
    return room, token, {"order": "0x" + encode_struct(room.order(ana, bob)).hex()}


def test_an_attestor_gets_a_signed_decision_that_is_not_to_be_kept(asked: tuple[Room, str, dict[str, Any]]) -> None:
    room, token, question = asked
    answer = room.ask("POST", "/decisions", token, json=question)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/jwt"
    assert answer.headers["cache-control"] == "no-store"
    jws = parse_jws(answer.text, types=("lockstep-decision+jwt",))
    jws.verify(room.keys.active().public, "decision")
    assert jws.payload["decision"] == "approve"
    bare = room.ask("POST", "/decisions", token, json={"order": question["order"][2:]})
    assert parse_jws(bare.text, types=("lockstep-decision+jwt",)).payload["order"] == jws.payload["order"]
    assert jws.payload["order"] == digest_order(room.order(*_ends(room))).hex()


def _ends(room: Room) -> list[bytes]:
    asset = room.order(bytes(32), bytes(32)).asset
    with room.database.read() as connection:
        by_person = dict(room.people.enrolled(connection, asset))
    return [by_person[person] for person in room.names]


def test_nobody_else_may_ask_who_is_under_review(asked: tuple[Room, str, dict[str, Any]]) -> None:
    room, _, question = asked
    assert room.ask("POST", "/decisions", json=question).status_code == 401
    assert room.ask("POST", "/decisions", "x" * 43, json=question).status_code == 401
    for role in set(Role) - {Role.ATTESTOR}:
        assert room.ask("POST", "/decisions", room.hire(role.value, role), json=question).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"order": "0x00"}',
        b'{"order": "0xzz"}',
        b'{"order": 5}',
        b'{"order": "' + b"0" * 20_000 + b'"}',
        b'{"order": "00", "order": "01"}',
        b'{"order": "00", "now": 5}',
        b'{"order": NaN}',
        b"[" * 5_000,
    ],
    ids=["nothing", "a list", "no order", "no hex", "a number", "too long", "twice", "more", "NaN", "deep"],
)
def test_what_is_no_question_is_refused(asked: tuple[Room, str, dict[str, Any]], body: bytes) -> None:
    room, token, _ = asked
    assert room.ask("POST", "/decisions", token, content=body).status_code == 400


def test_an_order_with_bytes_behind_it_is_no_order(asked: tuple[Room, str, dict[str, Any]]) -> None:
    room, token, question = asked
    answer = room.ask("POST", "/decisions", token, json={"order": question["order"] + "00" * 32})
    assert answer.status_code == 400


def test_a_push_is_taken_and_said_to_be_new_once(room: Room) -> None:
    room.enrol(3)
    text = room.issuer.push(room.issuer.list({3: 1}, room.now), room.now)
    first, again = (room.ask("POST", "/status", content=text, headers=JWT) for _ in range(2))
    assert (first.status_code, first.json()) == (202, {"newer": True})
    assert (again.status_code, again.json()) == (202, {"newer": False})
    assert room.deciding.lists.standing(StatusReference(LIST, 3), ISSUER, room.now) is Standing.INVALID


def test_a_push_that_does_not_hold_is_refused_without_a_word_of_what_it_was(room: Room) -> None:
    room.enrol(3)
    text = room.other.push(room.issuer.list({3: 1}, room.now), room.now, iss=ISSUER)
    answers = [
        room.ask("POST", "/status", content=text, headers=JWT),
        room.ask("POST", "/status", content=text),
        room.ask("POST", "/status", content=b"\xff" * 100, headers=JWT),
        room.ask("POST", "/status", content=b"e" * (MAX_PUSH_BYTES + 1), headers=JWT),
    ]
    assert [answer.status_code for answer in answers] == [409, 400, 400, 413]
    assert all(text not in answer.text for answer in answers)
    assert room.deciding.lists.held(LIST, ISSUER) is None


def test_a_whole_list_of_the_largest_kind_fits_into_a_push(room: Room) -> None:
    import os

    from identity.formats.status_list import StatusList, compress

    room.enrol(3)
    noise = StatusList(2, os.urandom(1_000_000))
    assert len(compress(noise)) * 4 // 3 < MAX_PUSH_BYTES


def test_a_provider_s_report_holds_the_person_and_counts_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        room = Room(tmp_path, stack, providers=[SecretProvider("bureau", SECRET)])
        person, _ = room.enrol(1)
        body = encode_json({"person_id": person, "list": "EU", "entry": "12", "score": "0.97"})
        room.woken.clear()
        first, again = (
            room.ask("POST", "/screening/bureau/results", content=body, headers=signed(body)) for _ in range(2)
        )
        assert (first.status_code, first.json(), again.json()) == (202, {"new": True}, {"new": False})
        assert room.woken == [True]
        with room.database.read() as connection:
            assert room.deciding.screening.hold_of(connection, person) is Hold.SUSPECTED
        forged = room.ask("POST", "/screening/bureau/results", content=body, headers=signed(body, secret=b"x" * 32))
        assert forged.status_code == 401
        assert room.ask("POST", "/screening/else/results", content=body, headers=signed(body)).status_code == 404
