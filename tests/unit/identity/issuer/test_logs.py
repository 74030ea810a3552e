"""Nothing that says something about a person, and nothing that opens anything, reaches a log or an error."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError
from structlog.testing import capture_logs

from identity.issuer.offers import GRANT
from identity.issuer.staff import Role
from identity.issuer.tables import SPENT
from identity.web.app import WithoutTraces
from tests.unit.identity.issuer.house import EVIDENCE, PERSON, House

UNIQUE = {**PERSON, "given_name": "Quxfamiliar-Zebedee", "family_name": "Vorpalblade-Xylo"}


def test_a_whole_life_of_a_credential_leaves_no_trace_in_the_logs(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as lines:
        case, subject = house.approved("kyc", UNIQUE)
        offer = house.offer(case)
        token = house.token(offer)
        house.request(token, house.body("broken"))
        house.request(token)
        house.staff(Role.MAKER, "/cases", {"type": "kyc", "claims": {**UNIQUE, "birthdate": "x"}})
        house.let_retention_end(subject)
        house.staff(Role.PRIVACY, f"/subjects/{subject}/erase")
        # A fault of ours in the middle of it, with everything in its hands.
        monkeypatch.setattr(house.issuer, "offers", _Broken())
        answer = house.redeem(offer)
    assert answer.status_code == 500
    assert answer.json() == {"error": "server_error"}
    everything = repr(lines) + caplog.text + answer.text
    assert "http.fault" in everything
    code = offer["offer"]["grants"][GRANT]["pre-authorized_code"]
    for secret in (UNIQUE["given_name"], UNIQUE["family_name"], EVIDENCE["reference"], token, code, offer["tx_code"]):
        assert str(secret) not in everything


class _Broken:
    def coded(self, code: str) -> str:
        return code

    def redeem(self, *arguments: object) -> None:
        raise RuntimeError(f"cannot handle {arguments!r}")


def test_errors_of_the_database_hide_what_was_stored(house: House) -> None:
    row = {"digest": b"Vorpalblade-Xylo", "expires_at": 1}
    with pytest.raises(SQLAlchemyError) as refused, house.database.writer.begin() as connection:
        connection.execute(insert(SPENT), [row, row])
    assert "Vorpalblade" not in str(refused.value)


def test_a_fault_is_told_by_its_place_and_never_by_its_text(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.issuer, "offers", _Broken())
    offer = {"offer": {"grants": {GRANT: {"pre-authorized_code": "Vorpalblade-Xylo"}}}, "tx_code": "1"}
    house.app = WithoutTraces(house.app)  # type: ignore[assignment]
    house.strict = True
    with capture_logs() as lines:
        assert house.redeem(offer).status_code == 500
    (line,) = lines
    assert line["kind"] == "RuntimeError"
    assert any("test_logs.py" in place for place in line["places"])
    assert "Vorpalblade" not in repr(lines) + caplog.text
