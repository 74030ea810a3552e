"""What somebody of the staff, or a provider's machine, could do against the two people that every credential needs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from identity.errors import Malformed
from identity.issuer.cases import Evidence
from identity.issuer.providers import SignedWebhook
from identity.issuer.staff import Role
from identity.issuer.tables import CASES, EVIDENCE
from identity.refusals import SameHands, WebhookRefused
from identity.webhooks import require_signed, webhook_secret
from tests.unit.identity.issuer.house import EVIDENCE as SEEN
from tests.unit.identity.issuer.house import PERSON, House

SECRET = b"s" * 32
HEAD = "message,case_id,kind,reference,sha256,method"


@pytest.fixture
def told(tmp_path: Path) -> Any:
    with ExitStack() as stack:
        yield House(tmp_path, stack, providers=[SignedWebhook("checker-co", SECRET)])


def opened(house: House) -> str:
    return str(house.staff(Role.MAKER, "/cases", {"type": "kyc", "claims": PERSON}).json()["case_id"])


def signed(body: bytes, *, time: int, message: str = "m1") -> dict[str, str]:
    mac = hmac.digest(SECRET, f"{message}.{time}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(time),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def upload(house: House, lines: str) -> Any:
    headers = {"Authorization": f"Bearer {house.tokens[Role.MAKER]}", "Content-Type": "text/csv"}
    return house.ask("POST", "/staff/v1/providers/checker-co/results", content=lines.encode(), headers=headers)


@pytest.mark.parametrize("step", ["approve", "refuse"])
def test_who_wrote_the_claims_cannot_check_them_after_a_colleague_handed_the_case_in(house: House, step: str) -> None:
    """Whoever handed a case in replaced whoever had opened it as its maker: with both roles, one person could write the
    claims, let a colleague press the button, and approve what they had written.
    """
    cases, run = house.issuer.cases, house.issuer.writer.run_blocking
    case, _ = run(lambda tx: cases.open(tx, "ann", "kyc", PERSON))
    run(lambda tx: cases.add_evidence(tx, "bob", case, Evidence(**SEEN)))
    run(lambda tx: cases.submit(tx, "carl", case))

    def decide(who: str) -> None:
        if step == "approve":
            run(lambda tx: cases.approve(tx, who, case))
        else:
            run(lambda tx: cases.refuse(tx, who, case, "no"))

    for involved in ("ann", "bob", "carl"):
        with pytest.raises(SameHands):
            decide(involved)
    decide("dora")
    with house.database.read() as connection:
        row = connection.execute(select(CASES)).one()
    assert (row.maker, row.submitted_by, row.checker) == ("ann", "carl", "dora")


def test_a_provider_cannot_be_silenced_by_a_file_that_takes_its_message_first(told: House) -> None:
    """Uploads and signed messages shared one count of ids: a maker who expected bad news uploaded its id beforehand."""
    case = opened(told)
    assert upload(told, f"{HEAD}\nm1,{case},passport,mine,{'a' * 64},video\n").json() == {"new": 1}
    body = json.dumps({"case_id": case, **SEEN}).encode()
    headers = signed(body, time=told.now)
    assert told.ask("POST", "/providers/checker-co/results", content=body, headers=headers).json() == {"new": 1}
    with told.database.read() as connection:
        names = sorted(connection.execute(select(EVIDENCE.c.checked_by)).scalars())
    assert names == ["maker-1", "provider:checker-co"]
    assert upload(told, f"{HEAD}\nm1,{case},passport,mine,{'a' * 64},video\n").json() == {"new": 0}


def test_a_member_of_the_body_does_not_replace_the_signed_id(told: House) -> None:
    """Two messages with the same words in a member `message` counted as one, and the second was dropped."""
    case = opened(told)
    for message in ("m1", "m2"):
        body = json.dumps({"case_id": case, **SEEN, "message": "all is well"}).encode()
        headers = signed(body, time=told.now, message=message)
        answer = told.ask("POST", "/providers/checker-co/results", content=body, headers=headers)
        assert answer.json() == {"new": 1}, message


def test_long_ids_are_refused_and_not_cut_to_one(told: House) -> None:
    case = opened(told)
    lines = [f"{'m' * 128}{end},{case},passport,mine,{'a' * 64},video" for end in ("1", "2")]
    assert upload(told, "\n".join([HEAD, *lines])).status_code == 400
    for message in ("m m", "m\x00", "é", ""):
        assert upload(told, f'{HEAD}\n"{message}",{case},passport,mine,{"a" * 64},video\n').status_code == 400
    assert upload(told, f'{HEAD}\nm1,{case},passport,"mi\x00ne",{"a" * 64},video\n').status_code == 400
    with told.database.read() as connection:
        assert connection.execute(select(EVIDENCE)).all() == []


def test_a_message_counts_for_its_first_case_only(told: House) -> None:
    """A signed result sent again for somebody else's case is not the same bytes, and the signature tells."""
    first, second = opened(told), opened(told)
    body = json.dumps({"case_id": first, **SEEN}).encode()
    headers = signed(body, time=told.now)
    assert told.ask("POST", "/providers/checker-co/results", content=body, headers=headers).status_code == 202
    other = body.replace(first.encode(), second.encode())
    assert told.ask("POST", "/providers/checker-co/results", content=other, headers=headers).status_code == 401


def test_the_published_example_of_a_signed_webhook_is_taken() -> None:
    """The reference vector of the Standard Webhooks specification's libraries."""
    secret = webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    body = b'{"test": 2432232314}'
    assert require_signed(secret, headers, body, 1_614_265_330) == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    with pytest.raises(WebhookRefused):
        require_signed(secret, headers, body + b" ", 1_614_265_330)


@pytest.mark.parametrize("text", ["", "short", "x" * 23, "whsec_", "whsec_c2hvcnQ=", "whsec_!!!"])
def test_a_secret_that_anybody_could_guess_is_no_secret(text: str) -> None:
    """The file of a secret was empty, and a signature under the empty key was everybody's to make."""
    with pytest.raises(Malformed):
        webhook_secret(text)
    body, time = b"{}", 1_000
    mac = hmac.digest(b"", f"m.{time}.".encode() + body, hashlib.sha256)
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": "1000",
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
    with pytest.raises(WebhookRefused):
        require_signed(b"", headers, body, time)


ROUTES = (
    ("POST", "/cases", Role.MAKER),
    ("POST", "/cases/{id}/evidence", Role.MAKER),
    ("POST", "/cases/{id}/submit", Role.MAKER),
    ("POST", "/cases/{id}/approve", Role.CHECKER),
    ("POST", "/cases/{id}/refuse", Role.CHECKER),
    ("POST", "/offers", Role.MAKER),
    ("POST", "/offers/{id}/withdraw", Role.MAKER),
    ("POST", "/credentials/{id}/suspend", Role.OFFICER),
    ("POST", "/credentials/{id}/reinstate", Role.OFFICER),
    ("POST", "/credentials/{id}/revoke", Role.OFFICER),
    ("GET", "/subjects/{id}/credentials", Role.OFFICER),
    ("GET", "/subjects/{id}/export", Role.PRIVACY),
    ("POST", "/subjects/{id}/end", Role.PRIVACY),
    ("POST", "/subjects/{id}/erase", Role.PRIVACY),
    ("POST", "/providers/x/results", Role.MAKER),
)
BODIES: dict[str, Any] = {
    "/cases": {"type": "kyc", "claims": PERSON},
    "/cases/{id}/evidence": SEEN,
    "/cases/{id}/refuse": {"reason": "no"},
    "/offers": {"case_ids": ["A" * 22]},
}


def test_the_table_of_routes_is_the_whole_desk(house: House) -> None:
    described = house.ask("GET", "/openapi.json").json()["paths"]
    desk = {
        (method.upper(), path.removeprefix("/staff/v1").replace("{name}", "x"))
        for path, methods in described.items()
        if path.startswith("/staff/v1")
        for method in methods
    }
    ours = {(method, path) for method, path, _ in ROUTES}
    assert {(method, re.sub(r"\{\w+\}", "{id}", path)) for method, path in desk} == ours


@pytest.mark.parametrize(("method", "path", "role"), ROUTES)
def test_each_step_is_one_roles_and_no_others(house: House, method: str, path: str, role: Role) -> None:
    for asks, token in house.tokens.items():
        headers = {"Authorization": f"Bearer {token}"}
        address = f"/staff/v1{path.replace('{id}', 'A' * 22)}"
        if path.endswith("results"):
            content: dict[str, Any] = {"content": HEAD.encode(), "headers": {**headers, "Content-Type": "text/csv"}}
        else:
            content = {"headers": headers}
            if method == "POST":
                content["json"] = BODIES.get(path)
        status = house.ask(method, address, **content).status_code
        assert (status == 403) == (asks is not role), (asks, status)
        assert status < 500
