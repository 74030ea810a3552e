"""Hits: one stops receiving, two officers stop sending, and why is for one role's eyes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.errors import Malformed, MalformedJson, MalformedJwt, SignatureInvalid
from identity.formats.issuer_keys import PinnedKeys
from identity.formats.jws import LocalKey, build_jws
from identity.formats.strict import encode_json
from identity.oracle.deciding.errors import MessageReused, TwoPersonsNeeded
from identity.oracle.deciding.providers import JWT_TYP, KeyProvider, SecretProvider, parse_csv, parse_hit
from identity.oracle.deciding.screening import HitState, NewHit
from identity.oracle.policy.words import Hold
from identity.refusals import NotFound, WebhookRefused, WrongState
from identity.storage.writer import Writer
from tests.unit.identity.oracle.deciding.room import DID, NOW, Room

SECRET = b"s" * 32


def open_hit(room: Room, person: str, source: str = "bureau", message: str = "1", by: str = "provider:bureau") -> Any:
    hit = NewHit(person, source, message, {"list": "EU", "score": "0.97"})
    return room.writer.run_blocking(lambda tx: room.deciding.screening.open(tx, by, hit))


def judge(room: Room, officer: str, hit: str, to: HitState) -> HitState:
    return room.writer.run_blocking(lambda tx: room.deciding.screening.judge(tx, officer, hit, to))


def hold(room: Room, person: str) -> Hold:
    with room.database.read() as connection:
        alone = room.deciding.screening.hold_of(connection, person)
        assert room.deciding.screening.holds(connection).get(person, Hold.NONE) is alone
        return alone


def test_a_provider_s_hit_holds_at_once_and_two_officers_confirm_it(room: Room) -> None:
    person, _ = room.enrol(1)
    assert hold(room, person) is Hold.NONE
    hit = open_hit(room, person)
    assert hold(room, person) is Hold.SUSPECTED
    assert judge(room, "ola", hit, HitState.CONFIRMED) is HitState.SUSPECTED
    assert hold(room, person) is Hold.SUSPECTED
    with pytest.raises(TwoPersonsNeeded):
        judge(room, "ola", hit, HitState.CONFIRMED)
    assert judge(room, "oscar", hit, HitState.CONFIRMED) is HitState.CONFIRMED
    assert hold(room, person) is Hold.CONFIRMED


def test_who_opened_a_hit_is_its_first_officer(room: Room) -> None:
    person, _ = room.enrol(1)
    hit = open_hit(room, person, source="officer", by="ola")
    for to in (HitState.CONFIRMED, HitState.CLEARED):
        with pytest.raises(TwoPersonsNeeded):
            judge(room, "ola", hit, to)
    assert judge(room, "oscar", hit, HitState.CLEARED) is HitState.CLEARED
    assert hold(room, person) is Hold.NONE


def test_two_officers_who_disagree_decide_nothing(room: Room) -> None:
    person, _ = room.enrol(1)
    hit = open_hit(room, person)
    judge(room, "ola", hit, HitState.CLEARED)
    assert judge(room, "oscar", hit, HitState.CONFIRMED) is HitState.SUSPECTED
    assert hold(room, person) is Hold.SUSPECTED
    assert judge(room, "olga", hit, HitState.CONFIRMED) is HitState.CONFIRMED


def test_a_confirmed_hit_is_lifted_by_two_and_a_cleared_one_is_over(room: Room) -> None:
    person, _ = room.enrol(1)
    hit = open_hit(room, person, source="officer", by="ola")
    judge(room, "oscar", hit, HitState.CONFIRMED)
    with pytest.raises(WrongState):
        judge(room, "ola", hit, HitState.CONFIRMED)
    judge(room, "oscar", hit, HitState.CLEARED)
    assert hold(room, person) is Hold.CONFIRMED
    judge(room, "ola", hit, HitState.CLEARED)
    assert hold(room, person) is Hold.NONE
    with pytest.raises(WrongState):
        judge(room, "ola", hit, HitState.CONFIRMED)


def test_the_worst_of_several_hits_counts(room: Room) -> None:
    person, _ = room.enrol(1)
    first = open_hit(room, person, source="officer", message="1", by="ola")
    second = open_hit(room, person, source="officer", message="2", by="ola")
    judge(room, "oscar", first, HitState.CONFIRMED)
    judge(room, "oscar", second, HitState.CLEARED)
    assert hold(room, person) is Hold.CONFIRMED


def test_a_message_counts_once_and_only_for_somebody_known(room: Room) -> None:
    person, _ = room.enrol(1)
    assert open_hit(room, person) is not None
    assert open_hit(room, person) is None
    with pytest.raises(NotFound):
        open_hit(room, "A" * 22, message="2")


def test_a_report_on_somebody_else_under_a_used_id_is_refused_and_not_passed_over(room: Room) -> None:
    """Two reports of one id: the second person would never have been held, and its sender told that all is well."""
    (person, _), (other, _) = room.enrol(1), room.enrol(2)
    open_hit(room, person)
    with pytest.raises(MessageReused):
        open_hit(room, other)
    new = [NewHit(other, "bureau", "2", {}), NewHit(other, "bureau", "1", {})]
    open_hit(room, person, source="bureau", message="1")
    with pytest.raises(MessageReused):
        room.writer.run_blocking(lambda tx: room.deciding.screening.open_all(tx, "ola", new))
    assert hold(room, other) is Hold.NONE
    open_hit(room, other, message="3")
    assert hold(room, other) is Hold.SUSPECTED


def test_a_report_that_comes_again_after_a_merge_is_the_same_one(room: Room) -> None:
    (one, _), (other, _) = room.enrol(1), room.enrol(2)
    open_hit(room, one)
    room.writer.run_blocking(lambda tx: room.deciding.screening.move(tx, one, other))
    room.writer.run_blocking(lambda tx: room.people._merge(tx, one, other))
    assert open_hit(room, one) is None


@pytest.mark.parametrize(("length", "taken"), [(128, True), (129, False)])
def test_a_long_id_of_a_message_is_refused_and_not_cut(length: int, taken: bool) -> None:
    """Cut to their beginnings, two reports had one id."""
    fields = {"message": "m" * length, "person_id": "A" * 22, "list": "EU", "entry": "e", "score": "1"}
    if taken:
        assert parse_hit("bureau", fields).message == "m" * length
        return
    with pytest.raises(Malformed):
        parse_hit("bureau", fields)


def test_the_reason_lies_sealed_and_each_reading_is_noted(room: Room) -> None:
    person, _ = room.enrol(1)
    hit = open_hit(room, person)
    assert all(b"0.97" not in path.read_bytes() for path in room.folder.glob("oracle.sqlite*"))
    found, reason = room.writer.run_blocking(lambda tx: room.deciding.screening.read(tx, "cora", hit))
    assert (found.id, reason) == (hit, {"list": "EU", "score": "0.97"})
    assert room.notes("screening.read") == [("cora", hit)]


def test_the_hits_of_a_record_follow_it_when_it_is_merged(room: Room) -> None:
    one, _ = room.enrol(1)
    other, _ = room.enrol(2)
    hit = open_hit(room, one)
    room.writer.run_blocking(lambda tx: room.deciding.screening.move(tx, one, other))
    assert (hold(room, one), hold(room, other)) == (Hold.NONE, Hold.SUSPECTED)
    _, reason = room.writer.run_blocking(lambda tx: room.deciding.screening.read(tx, "cora", hit))
    assert reason["list"] == "EU"


def test_of_two_officers_at_the_same_time_one_decides_and_the_other_is_told(room: Room) -> None:
    beside = Writer(room.database, room.audit, room.clock)
    try:
        for number in range(10):
            person, _ = room.enrol(number)
            hit = open_hit(room, person, message=str(number))

            def one(writer: Writer, officer: str, hit: str = hit) -> Any:
                try:
                    return writer.run_blocking(
                        lambda tx: room.deciding.screening.judge(tx, officer, hit, HitState.CONFIRMED)
                    )
                except WrongState as error:
                    return error

            with ThreadPoolExecutor(3) as pool:
                running = [
                    pool.submit(one, writer, officer)
                    for writer, officer in ((room.writer, "ola"), (beside, "oscar"), (room.writer, "olga"))
                ]
                done = [future.result() for future in running]
            assert done.count(HitState.CONFIRMED) == 1
            assert done.count(HitState.SUSPECTED) == 1
            assert sum(isinstance(result, WrongState) for result in done) == 1
            assert hold(room, person) is Hold.CONFIRMED
    finally:
        beside.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    opened_by=st.sampled_from(["", "ola"]),
    said=st.lists(
        st.tuples(st.sampled_from(["ola", "oscar", "olga"]), st.sampled_from([HitState.CONFIRMED, HitState.CLEARED])),
        max_size=8,
    ),
)
def test_nothing_is_ever_decided_by_one_person(room: Room, opened_by: str, said: list[tuple[str, HitState]]) -> None:
    person, _ = room.enrol(1)
    hit = open_hit(
        room, person, source="officer" if opened_by else "bureau", message=person, by=opened_by or "provider:bureau"
    )
    state = HitState.SUSPECTED
    voices: dict[HitState, set[str]] = {to: {opened_by} - {""} for to in (HitState.CONFIRMED, HitState.CLEARED)}
    for officer, to in said:
        try:
            after = judge(room, officer, hit, to)
        except (TwoPersonsNeeded, WrongState):
            continue
        voices[to].add(officer)
        if after is not state:
            assert after is to
            assert len(voices[to]) >= 2
            state, voices = after, {one: set() for one in voices}
    expected = {HitState.SUSPECTED: Hold.SUSPECTED, HitState.CONFIRMED: Hold.CONFIRMED, HitState.CLEARED: Hold.NONE}
    assert hold(room, person) is expected[state]


# --- providers ----------------------------------------------------------------------------------------------------------


def signed(body: bytes, *, secret: bytes = SECRET, at: int = NOW, message: str = "m-1") -> dict[str, str]:
    """Headers as Standard Webhooks describes them."""
    import base64
    import hashlib
    import hmac

    made = hmac.new(secret, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(made).decode()}",
    }


REPORT = {"person_id": "P" * 22, "list": "EU", "entry": "12", "score": "0.97"}


def test_a_report_signed_with_the_secret_is_a_hit() -> None:
    body = encode_json(REPORT)
    hit = SecretProvider("bureau", SECRET).read(signed(body), body, NOW)
    assert hit == NewHit("P" * 22, "bureau", "m-1", {"list": "EU", "entry": "12", "score": "0.97"})


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda body: (signed(body, secret=b"x" * 32), body), WebhookRefused),
        (lambda body: (signed(body, at=NOW - 301), body), WebhookRefused),
        (lambda body: (signed(body), body + b" "), WebhookRefused),
        (lambda body: ({}, body), WebhookRefused),
        (lambda _body: (signed(b"{"), b"{"), MalformedJson),
        (lambda _body: (signed(b"{}"), b"{}"), Malformed),
    ],
    ids=["another secret", "too old", "another body", "no signature", "no JSON", "no hit"],
)
def test_any_other_report_is_none(change: Callable[[bytes], tuple[dict[str, str], bytes]], error: Any) -> None:
    headers, body = change(encode_json(REPORT))
    with pytest.raises(error):
        SecretProvider("bureau", SECRET).read(headers, body, NOW)


KEY = LocalKey(ec.generate_private_key(ec.SECP256R1()), "bureau-1")
BUREAU = KeyProvider(
    "bureau", "https://bureau.example", DID, PinnedKeys({"https://bureau.example": {"bureau-1": KEY.public}})
)


def report(key: LocalKey = KEY, typ: str = JWT_TYP, **changed: Any) -> bytes:
    payload = {"iss": "https://bureau.example", "aud": DID, "iat": NOW, "jti": "j-1", **REPORT, **changed}
    return build_jws({"typ": typ, "kid": "bureau-1"}, payload, key).encode()


def test_a_report_signed_with_the_providers_key_is_a_hit() -> None:
    assert BUREAU.read({}, report(), NOW) == NewHit(
        "P" * 22, "bureau", "j-1", {"list": "EU", "entry": "12", "score": "0.97"}
    )


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (lambda: report(key=LocalKey(ec.generate_private_key(ec.SECP256R1()))), SignatureInvalid),
        (lambda: report(aud="did:web:else.example"), WebhookRefused),
        (lambda: report(iss="https://else.example"), WebhookRefused),
        (lambda: report(iat=NOW - 301), WebhookRefused),
        (lambda: report(typ="JWT"), MalformedJwt),
        (lambda: report(person_id="short"), Malformed),
        (lambda: report(score=0.97), Malformed),
    ],
    ids=["another key", "for somebody else", "of somebody else", "too old", "another type", "no person", "a number"],
)
def test_any_other_jwt_is_none(body: Callable[[], bytes], error: Any) -> None:
    with pytest.raises(error):
        BUREAU.read({}, body(), NOW)


def test_a_csv_is_taken_whole_or_not() -> None:
    good = f"message,person_id,list,entry,score\n1,{'P' * 22},EU,12,0.97\n2,{'Q' * 22},UN,3,0.91\n"
    assert [hit.message for hit in parse_csv("bureau", good.encode())] == ["1", "2"]
    for bad in (good + "3,short,EU,1,1\n", good + "3\n", good.replace("score", "points"), "", "\xff"):
        with pytest.raises(Malformed):
            parse_csv("bureau", bad.encode("latin-1"))
