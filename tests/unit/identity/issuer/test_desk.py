"""The staff's side: two people for every credential, claims that fit their type, validity that follows the basis."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from identity.issuer.providers import SignedWebhook
from identity.issuer.staff import Role
from identity.issuer.tables import CASES, EVIDENCE
from identity.refusals import SameHands
from identity.storage.vault import new_id
from tests.unit.identity.issuer.house import EVIDENCE as SEEN
from tests.unit.identity.issuer.house import PERSON, House

SECRET = b"s" * 32


def opened(house: House) -> str:
    return str(house.staff(Role.MAKER, "/cases", {"type": "kyc", "claims": PERSON}).json()["case_id"])


def test_nobody_without_a_role_does_anything(house: House) -> None:
    case = opened(house)
    for role, path in (
        (Role.CHECKER, "/cases"),
        (Role.MAKER, f"/cases/{case}/approve"),
        (Role.MAKER, f"/credentials/{'A' * 22}/revoke"),
        (Role.OFFICER, f"/subjects/{'A' * 22}/erase"),
    ):
        body = {"type": "kyc", "claims": PERSON} if path == "/cases" else None
        assert house.staff(role, path, body).status_code == 403


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer short", "Bearer " + "A" * 43, "Basic " + "A" * 43])
def test_nobody_unknown_is_let_in(house: House, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = house.ask("POST", "/staff/v1/cases", json={"type": "kyc", "claims": PERSON}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "StaffRefused")


def test_a_disabled_token_is_nobodys(house: House) -> None:
    house.issuer.writer.run_blocking(lambda tx: house.issuer.staff.disable(tx, "test", "maker-1"))
    assert house.staff(Role.MAKER, "/cases", {"type": "kyc", "claims": PERSON}).status_code == 401


def test_the_maker_of_a_case_cannot_check_it(house: House) -> None:
    case = opened(house)
    house.staff(Role.MAKER, f"/cases/{case}/evidence", SEEN)
    house.staff(Role.MAKER, f"/cases/{case}/submit")
    with pytest.raises(SameHands):
        house.issuer.writer.run_blocking(lambda tx: house.issuer.cases.approve(tx, "maker-1", case))


def test_who_recorded_evidence_cannot_check_either(house: House) -> None:
    token = house.issuer.writer.run_blocking(
        lambda tx: house.issuer.staff.add(tx, "test", "both", [Role.MAKER, Role.CHECKER])
    )
    case = opened(house)
    headers = {"Authorization": f"Bearer {token}"}
    house.ask("POST", f"/staff/v1/cases/{case}/evidence", json=SEEN, headers=headers)
    house.staff(Role.MAKER, f"/cases/{case}/submit")
    answer = house.ask("POST", f"/staff/v1/cases/{case}/approve", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (409, "SameHands")


def test_a_case_without_evidence_is_not_submitted(house: House) -> None:
    answer = house.staff(Role.MAKER, f"/cases/{opened(house)}/submit")
    assert (answer.status_code, answer.json()["error"]) == (409, "EvidenceMissing")


def test_a_case_moves_only_forward(house: House) -> None:
    case, _ = house.approved()
    for role, path, body in (
        (Role.MAKER, "evidence", SEEN),
        (Role.MAKER, "submit", None),
        (Role.CHECKER, "approve", None),
        (Role.CHECKER, "refuse", {"reason": "late"}),
    ):
        answer = house.staff(role, f"/cases/{case}/{path}", body)
        assert (answer.status_code, answer.json()["error"]) == (409, "WrongState")


def test_only_an_approved_case_is_offered(house: House) -> None:
    case = opened(house)
    assert house.staff(Role.MAKER, "/offers", {"case_ids": [case]}).json()["error"] == "WrongState"
    house.staff(Role.MAKER, f"/cases/{case}/evidence", SEEN)
    house.staff(Role.MAKER, f"/cases/{case}/submit")
    assert house.staff(Role.CHECKER, f"/cases/{case}/refuse", {"reason": "blurred"}).status_code == 200
    assert house.staff(Role.MAKER, "/offers", {"case_ids": [case]}).json()["error"] == "WrongState"


def test_cases_of_two_people_are_not_offered_together(house: House) -> None:
    first, _ = house.approved()
    second, _ = house.approved()
    assert house.staff(Role.MAKER, "/offers", {"case_ids": [first, second]}).json()["error"] == "WrongState"
    assert house.staff(Role.MAKER, "/offers", {"case_ids": ["A" * 22]}).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"given_name": None},
        {"given_name": ""},
        {"birthdate": "10.12.1985"},
        {"nationalities": ["Germany"]},
        {"level": "none"},
        {"iss": "somebody"},
        {"sub": "somebody"},
    ],
)
def test_claims_that_do_not_fit_their_type_open_no_case_and_are_not_repeated(house: House, change: Any) -> None:
    claims = {key: value for key, value in {**PERSON, **change}.items() if value is not None}
    answer = house.staff(Role.MAKER, "/cases", {"type": "kyc", "claims": claims})
    assert (answer.status_code, answer.json()["error"]) == (409, "ClaimsRefused")
    assert "Ada" not in answer.text
    assert "10.12.1985" not in answer.text
    with house.database.read() as connection:
        assert connection.execute(select(CASES)).all() == []


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"type":"kyc","claims":{},"more":1}', b'{"type":5,"claims":{}}', b'{"a":NaN}', b"{" * 99]
)
def test_a_staff_body_that_breaks_its_form_is_refused_without_repeating_it(house: House, content: bytes) -> None:
    headers = {"Authorization": f"Bearer {house.tokens[Role.MAKER]}"}
    answer = house.ask("POST", "/staff/v1/cases", content=content, headers=headers)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "detail"}


def test_what_says_something_about_a_person_is_sealed(house: House) -> None:
    case, _ = house.approved()
    with house.database.read() as connection:
        rows = [*connection.execute(select(CASES)), *connection.execute(select(EVIDENCE))]
        everything = repr([tuple(row) for row in rows]).encode()
    for secret in ("Ada", "Lovelace", "1985-12-10", SEEN["reference"], SEEN["sha256"]):
        assert secret.encode() not in everything
    assert b"Lovelace" not in house.bytes_on_disk()
    assert case.encode() in house.bytes_on_disk()


def test_a_basis_that_has_lapsed_is_not_approved(house: House) -> None:
    claims = {**PERSON, "checked_on": "2024-01-10"}
    case = house.staff(Role.MAKER, "/cases", {"type": "kyc", "claims": claims}).json()["case_id"]
    house.staff(Role.MAKER, f"/cases/{case}/evidence", SEEN)
    house.staff(Role.MAKER, f"/cases/{case}/submit")
    assert house.staff(Role.CHECKER, f"/cases/{case}/approve").json()["error"] == "BasisLapsed"


def signed(body: bytes, *, time: int, message: str = "m1", secret: bytes = SECRET) -> dict[str, str]:
    mac = hmac.digest(secret, f"{message}.{time}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(time),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


@pytest.fixture
def told(tmp_path: Path) -> Any:
    with ExitStack() as stack:
        yield House(tmp_path, stack, providers=[SignedWebhook("checker-co", SECRET)])


def result(case: str) -> bytes:
    return json.dumps({"case_id": case, **SEEN}).encode()


def test_a_providers_signed_result_is_evidence_once(told: House) -> None:
    body = result(opened(told))
    headers = signed(body, time=told.now)
    assert told.ask("POST", "/providers/checker-co/results", content=body, headers=headers).json() == {"new": 1}
    assert told.ask("POST", "/providers/checker-co/results", content=body, headers=headers).json() == {"new": 0}
    with told.database.read() as connection:
        assert connection.execute(select(EVIDENCE.c.checked_by)).scalars().all() == ["provider:checker-co"]


def test_a_result_that_is_not_the_providers_is_refused(told: House) -> None:
    body = result(opened(told))
    for headers in (
        {},
        signed(body, time=told.now, secret=b"x" * 32),
        signed(body + b" ", time=told.now),
        signed(body, time=told.now - 301),
        signed(body, time=told.now + 301),
        {**signed(body, time=told.now), "webhook-id": "m2"},
        {**signed(body, time=told.now), "webhook-signature": "v1,!!! v2,x"},
    ):
        answer = told.ask("POST", "/providers/checker-co/results", content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "WebhookRefused")
    assert told.ask("POST", "/providers/nobody/results", content=body).status_code == 404


def test_results_as_csv_are_taken_whole_or_not_at_all(house: House) -> None:
    case = opened(house)
    head = "message,case_id,kind,reference,sha256,method"
    good = f"m1,{case},passport,shelf,{'a' * 64},video"
    headers = {"Authorization": f"Bearer {house.tokens[Role.MAKER]}", "Content-Type": "text/csv"}

    def upload(text: str) -> Any:
        return house.ask("POST", "/staff/v1/providers/bureau/results", content=text.encode(), headers=headers)

    broken = [
        "",
        f"{good}\n",
        f"{head}\n{good}\nm2,{case},passport\n",
        f"{head}\n{good}\nm2,{case},passport,shelf,{'z' * 64},video\n",
        f'{head}\n"open',
    ]
    for text in broken:
        assert upload(text).status_code == 400, text
    assert upload(f"{head}\n{good}\nm2,{'B' * 22},passport,shelf,{'a' * 64},video\n").status_code == 404
    with house.database.read() as connection:
        assert connection.execute(select(EVIDENCE)).all() == []
    assert upload(f"{head}\r\n{good}\r\n").json() == {"new": 1}


@pytest.mark.parametrize("byte", [0x00, 0xF8, 0xFB, 0xFC, 0xFF])
def test_an_id_never_begins_like_an_option_of_a_command(byte: int) -> None:
    """An id that began with a hyphen was read as an option by the command that was to show the credentials."""
    made = new_id(lambda size: bytes([byte]) * size)
    assert made[0].isalpha()
    assert len(made) == 22
