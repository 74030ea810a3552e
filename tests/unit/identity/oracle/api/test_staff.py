"""The desk: each act needs its role, the great ones two people, and what was read is noted."""

from __future__ import annotations

from typing import Any

import pytest

from identity.oracle.deciding.roles import Role
from identity.oracle.policy.words import Hold
from tests.unit.identity.oracle.deciding.room import ASSET, DAY, ISSUER, NOW, Room, policy_document

HEX = f"0x{ASSET.hex()}"
NOBODY = "A" * 22
ACTS: list[tuple[str, str, Any, Role]] = [
    ("POST", "/policies", policy_document(), Role.POLICY),
    ("POST", f"/policies/{HEX}/1/approve", {"hash": "0" * 64}, Role.POLICY),
    ("POST", f"/policies/{HEX}/1/withdraw", None, Role.POLICY),
    ("GET", f"/policies/{HEX}", None, Role.POLICY),
    ("POST", "/issuers/distrust", {"issuer": ISSUER, "since": 5}, Role.POLICY),
    ("POST", "/issuers/compromise", {"issuer": ISSUER, "key_id": "one", "since": 5}, Role.POLICY),
    ("POST", "/issuers/trust", {"issuer": ISSUER}, Role.POLICY),
    ("POST", "/screening/hits", {"person_id": NOBODY, "message": "1", "reason": "a list"}, Role.OFFICER),
    ("POST", f"/screening/hits/{NOBODY}/confirm", None, Role.OFFICER),
    ("POST", f"/screening/hits/{NOBODY}/clear", None, Role.OFFICER),
    ("GET", "/screening/hits", None, Role.OFFICER),
    ("GET", f"/screening/hits/{NOBODY}", None, Role.COMPLIANCE),
    ("GET", f"/persons/{NOBODY}/reasons/{HEX}", None, Role.COMPLIANCE),
    ("GET", f"/persons/{NOBODY}/export", None, Role.PRIVACY),
    ("POST", f"/persons/{NOBODY}/end", None, Role.PRIVACY),
    ("POST", f"/persons/{NOBODY}/erase", None, Role.PRIVACY),
    ("GET", f"/investors/{HEX}/0x{'0' * 32}{'1' * 32}", None, Role.OFFICER),
    ("GET", "/reviews", None, Role.OFFICER),
    ("POST", f"/reviews/{NOBODY}/same", None, Role.OFFICER),
    ("POST", f"/reviews/{NOBODY}/distinct", None, Role.OFFICER),
]


class Desk:
    """The staff asking."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.tokens: dict[str, str] = {}
        for name, role in (
            ("pia", Role.POLICY),
            ("paul", Role.POLICY),
            ("ola", Role.OFFICER),
            ("oscar", Role.OFFICER),
            ("cora", Role.COMPLIANCE),
            ("petra", Role.PRIVACY),
        ):
            self.tokens[name] = room.hire(name, role)

    def ask(self, name: str, method: str, path: str, body: Any = None, **content: Any) -> Any:
        """One request; status and JSON."""
        if body is not None:
            content["json"] = body
        answer = self.room.ask(method, f"/staff/v1{path}", self.tokens[name], **content)
        return answer.status_code, answer.json()


@pytest.fixture
def desk(room: Room) -> Desk:
    return Desk(room)


@pytest.mark.parametrize(("method", "path", "body", "role"), ACTS, ids=[f"{one[0]} {one[1][:30]}" for one in ACTS])
def test_each_act_needs_its_role(room: Room, method: str, path: str, body: Any, role: Role) -> None:
    def ask(token: str | None) -> int:
        content = {} if body is None else {"json": body}
        return room.ask(method, f"/staff/v1{path}", token, **content).status_code

    assert ask(None) == 401
    assert ask("x" * 43) == 401
    for other in set(Role) - {role}:
        assert ask(room.hire(other.value, other)) == 403
    assert ask(room.hire(role.value, role)) not in (401, 403, 500)


def test_every_act_of_the_desk_is_tried_for_its_role(room: Room) -> None:
    described = room.ask("GET", "/openapi.json").json()["paths"]
    acts = {(method.upper(), path) for path, methods in described.items() if "/staff/" in path for method in methods}
    assert len(acts) == len(ACTS) + 1  # the CSV upload stands by itself below


def test_a_policy_takes_two_and_shows_what_is_in_force(desk: Desk) -> None:
    status, made = desk.ask("pia", "POST", "/policies", policy_document())
    assert status == 201
    approval = {"hash": made["hash"]}
    assert desk.ask("pia", "POST", f"/policies/{HEX}/1/approve", approval)[1]["error"] == "TwoPersonsNeeded"
    assert desk.ask("paul", "POST", f"/policies/{HEX}/1/approve", {"hash": "0" * 64})[1]["error"] == "OtherHash"
    assert desk.room.woken == []
    assert desk.ask("paul", "POST", f"/policies/{HEX}/1/approve", approval) == (
        200,
        {"state": "approved", "effective_at": NOW},
    )
    assert desk.room.woken == [True]
    _, shown = desk.ask("paul", "GET", f"/policies/{HEX}")
    assert shown["active"] == {"version": 1, "hash": made["hash"]}
    assert (shown["versions"][0]["proposed_by"], shown["versions"][0]["approved_by"]) == ("pia", "paul")


def test_a_policy_that_is_none_is_refused_at_its_place(desk: Desk) -> None:
    status, body = desk.ask("pia", "POST", "/policies", policy_document(version=0))
    assert status in (400, 409)
    assert body["error"] == "PolicyRefused"
    assert "version" in body["detail"]


def test_distrust_holds_with_the_answer_and_two_take_it_back(desk: Desk) -> None:
    room = desk.room
    room.adopt()
    _, ana = room.enrol(1)
    _, bob = room.enrol(2)
    room.publish()
    room.woken.clear()
    assert desk.ask("pia", "POST", "/issuers/distrust", {"issuer": ISSUER, "since": NOW - DAY})[0] == 200
    assert room.woken == [True]
    assert room.deciding.decisions.decide(room.order(ana, bob), room.now).answer == "reject"
    assert desk.ask("pia", "POST", "/issuers/trust", {"issuer": ISSUER})[1] == {"state": "asked"}
    assert desk.ask("pia", "POST", "/issuers/trust", {"issuer": ISSUER})[1]["error"] == "TwoPersonsNeeded"
    assert desk.ask("paul", "POST", "/issuers/trust", {"issuer": ISSUER})[1] == {"state": "trusted"}
    assert room.deciding.decisions.decide(room.order(ana, bob), room.now).answer == "approve"


def test_a_compromised_key_signs_no_push_any_more(desk: Desk) -> None:
    room = desk.room
    room.enrol(3)
    body = {"issuer": ISSUER, "key_id": room.issuer.key.key_id, "since": NOW}
    assert desk.ask("pia", "POST", "/issuers/compromise", body)[0] == 200
    text = room.issuer.push(room.issuer.list({}, room.now), room.now)
    answer = room.ask("POST", "/status", content=text, headers={"Content-Type": "application/jwt"})
    assert answer.json()["error"] == "IssuerUnknown"


def test_a_hit_goes_its_way_through_two_officers(desk: Desk) -> None:
    room = desk.room
    person, _ = room.enrol(1)
    room.woken.clear()
    status, made = desk.ask(
        "ola", "POST", "/screening/hits", {"person_id": person, "message": "7", "reason": "named in the paper"}
    )
    assert status == 201
    hit = made["hit_id"]
    assert desk.ask("ola", "POST", f"/screening/hits/{hit}/confirm")[1]["error"] == "TwoPersonsNeeded"
    assert desk.ask("oscar", "POST", f"/screening/hits/{hit}/confirm")[1] == {"state": "confirmed", "decided": True}
    assert room.woken == [True, True]
    with room.database.read() as connection:
        assert room.deciding.screening.hold_of(connection, person) is Hold.CONFIRMED


def test_an_officer_finds_a_record_by_what_stands_on_the_chains_and_the_question_is_noted(desk: Desk) -> None:
    person, investor = desk.room.enrol(1)
    assert desk.ask("ola", "GET", f"/investors/{HEX}/0x{investor.hex()}") == (200, {"person_id": person})
    assert desk.room.notes("person.find") == [("ola", person)]
    assert desk.ask("ola", "GET", f"/investors/{HEX}/0x{'0' * 32}{'7' * 32}")[0] == 404


def test_officers_see_no_reasons_and_the_compliance_role_is_noted(desk: Desk) -> None:
    room = desk.room
    room.adopt()
    person, _ = room.enrol(1)
    room.publish()
    hit = desk.ask("ola", "POST", "/screening/hits", {"person_id": person, "message": "7", "reason": "the paper"})[1]
    _, listed = desk.ask("ola", "GET", "/screening/hits")
    assert [one["id"] for one in listed["hits"]] == [hit["hit_id"]]
    assert "the paper" not in str(listed)
    _, read = desk.ask("cora", "GET", f"/screening/hits/{hit['hit_id']}")
    assert read["reason"] == {"reason": "the paper"}
    _, why = desk.ask("cora", "GET", f"/persons/{person}/reasons/{HEX}")
    assert (why["truth"], why["hold"]) == ("TRUE", "suspected")
    assert why["hits"][0]["reason"] == {"reason": "the paper"}
    assert room.notes("screening.read") == [("cora", hit["hit_id"])]
    assert room.notes("reasons.read") == [("cora", person)]


def test_hits_come_as_csv_all_or_none(desk: Desk) -> None:
    person, _ = desk.room.enrol(1)
    lines = f"message,person_id,list,entry,score\n1,{person},EU,12,0.97\n"
    path, kind = "/screening/providers/bureau/results", {"Content-Type": "text/csv"}
    bad = desk.ask("ola", "POST", path, content=f"{lines}2,{NOBODY},EU,1,0.5\n", headers=kind)
    assert bad[0] == 404
    assert desk.ask("ola", "POST", path, content=lines, headers=kind) == (202, {"new": 1})
    assert desk.ask("ola", "POST", path, content=lines, headers=kind) == (202, {"new": 0})
    assert desk.ask("ola", "POST", path, content=lines)[0] == 400


def test_a_person_is_exported_without_what_may_not_be_told(desk: Desk) -> None:
    room = desk.room
    person, _ = room.enrol(1)
    desk.ask("ola", "POST", "/screening/hits", {"person_id": person, "message": "7", "reason": "the paper"})
    status, document = desk.ask("petra", "GET", f"/persons/{person}/export")
    assert (status, document["person_id"]) == (200, person)
    assert "the paper" not in str(document)
    assert "hits" not in document
    assert room.notes("person.export") == [("petra", person)]


def test_a_person_is_erased_after_the_time_of_keeping_and_not_while_held(desk: Desk) -> None:
    room = desk.room
    person, _ = room.enrol(1)
    path = f"/persons/{person}/erase"
    assert desk.ask("petra", "POST", path)[1]["error"] == "RetentionRuns"
    _, ended = desk.ask("petra", "POST", f"/persons/{person}/end")
    room.now = ended["kept_until"]
    hit = desk.ask("ola", "POST", "/screening/hits", {"person_id": person, "message": "7", "reason": "the paper"})[1]
    status, refused = desk.ask("petra", "POST", path)
    assert (status, refused["error"]) == (409, "WrongState")
    assert "screening" not in refused["detail"]
    desk.ask("oscar", "POST", f"/screening/hits/{hit['hit_id']}/clear")
    assert desk.ask("petra", "POST", path) == (200, {"state": "erased"})
    assert desk.ask("petra", "GET", f"/persons/{person}/export")[0] == 409


def test_who_answers_for_erasures_cannot_find_out_by_asking_who_is_held(desk: Desk) -> None:
    """A held person's erasure was refused with other words than everybody's, also while nobody could be erased anyway."""
    room = desk.room
    persons = [room.enrol(number)[0] for number in (1, 2, 3)]
    desk.ask("petra", "POST", f"/persons/{persons[2]}/end")
    ended, _ = room.enrol(4)
    desk.ask("petra", "POST", f"/persons/{ended}/end")
    for number, person in enumerate((persons[0], ended)):
        hit = {"person_id": person, "message": str(number), "reason": "the paper"}
        assert desk.ask("ola", "POST", "/screening/hits", hit)[0] == 201
    held, free, *kept = (
        desk.ask("petra", "POST", f"/persons/{one}/erase") for one in (*persons[:2], ended, persons[2])
    )
    assert held == free
    assert kept[0] == kept[1]
    assert held[1]["error"] == "RetentionRuns"


def test_two_records_of_one_person_become_one_with_their_hits(desk: Desk) -> None:
    room = desk.room
    (one, _), (other, _) = room.enrol(1), room.enrol(2)
    desk.ask("ola", "POST", "/screening/hits", {"person_id": one, "message": "7", "reason": "the paper"})

    class Two:
        """People with one open review."""

        def __getattr__(self, name: str) -> Any:
            return getattr(room.people, name)

        def reviews(self, _connection: Any) -> list[dict[str, Any]]:
            return [{"id": "R" * 22, "person_id": one, "like_id": other}]

        def decide_review(self, tx: Any, by: str, review_id: str, *, same: bool) -> None:
            tx.note(by, "review.same" if same else "review.distinct", review_id)

    room.deciding.people = Two()  # type: ignore[assignment]
    assert desk.ask("ola", "POST", f"/reviews/{NOBODY}/same")[0] == 404
    assert desk.ask("ola", "POST", f"/reviews/{'R' * 22}/same") == (200, {"state": "same"})
    with room.database.read() as connection:
        assert room.deciding.screening.hold_of(connection, other) is Hold.SUSPECTED
        assert room.deciding.screening.hold_of(connection, one) is Hold.NONE
