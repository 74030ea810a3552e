"""How requests are refused: without anybody waiting for it, without a signature missing, and in no framework's words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from identity.errors import KeyStoreLocked
from tests.unit.identity.issuer.house import URL, House
from tests.unit.identity.issuer.test_flow import counts, refused


def test_a_guess_is_refused_without_taking_the_writers_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each guessed code and reference was judged in a transaction of its own, and honest wallets waited behind them."""
    offer = house.offer()

    async def never(_job: Any) -> Any:
        raise AssertionError("a transaction was asked for")

    with monkeypatch.context() as patch:
        patch.setattr(house.issuer.writer, "run", never)
        for code in ("A" * 54, "x", "é", house.issuer.secrets.ticket("access-token", offer["offer_id"])):
            refused(house.redeem(offer, **{"pre-authorized_code": code}), 400, "invalid_grant")
        assert house.ask("GET", "/offers/" + "A" * 54).status_code == 404
        assert house.ask("GET", "/offers/" + "A" * 54 + "/qr.svg").status_code == 404
        refused(house.request("A" * 54), 401, "invalid_token")
    assert house.redeem(offer).status_code == 200


def test_members_nobody_defined_are_ignored_by_the_token_endpoint_and_in_proofs_too(house: House) -> None:
    entry = {"type": "openid_credential", "credential_configuration_id": "kyc_sd_jwt", "locations": [URL], "x": 1}
    form = {"authorization_details": json.dumps([entry]), "client_id": "wallet", "scope": "x", "resource": URL}
    granted = house.redeem(house.offer(), **form).json()
    identifier = granted["authorization_details"][0]["credential_identifiers"][0]
    proof = house.proof(header={"x": 1, "kid": ...}, something={"else": 1}, exp=1)
    body = {"credential_identifier": identifier, "proofs": {"jwt": [proof]}, "issuer_state": "x"}
    assert house.request(granted["access_token"], body).status_code == 200


def test_when_no_key_signs_nothing_is_issued_and_nothing_is_spent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hardware module that doesn't answer: never an unsigned credential, and the same request succeeds later."""
    token, body = house.token(), house.body()

    def locked() -> Any:
        raise KeyStoreLocked("the module does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(house.keys, "active", locked)
        answer = house.request(token, body)
    refused(answer, 503, "temporarily_unavailable")
    assert answer.headers["retry-after"]
    assert counts(house) == (0, 0)
    assert house.request(token, body).status_code == 200


def test_what_a_wallet_is_refused_is_never_the_frameworks_own_page(house: House) -> None:
    """Whatever is wrong with a request to a protocol endpoint: `error` and its description, and never a 422."""
    odd = [
        ("POST", "/token", {}),
        ("POST", "/token", {"content": b"\xff\xfe", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
        ("POST", "/token", {"content": b"%zz=%00", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
        ("POST", "/token", {"files": {"a": b"x"}}),
        ("POST", "/token?grant_type=x", {"json": []}),
        ("POST", "/credential", {}),
        ("POST", "/credential", {"content": b"\x00" * 100}),
        ("POST", "/credential", {"files": {"a": b"x"}}),
        ("GET", "/credential", {}),
        ("DELETE", "/token", {}),
        ("GET", "/nonce", {}),
    ]
    for method, path, content in odd:
        answer = house.ask(method, path, **content)
        assert answer.status_code in (400, 401, 405), (path, answer.status_code)
        assert set(answer.json()) <= {"error", "error_description"}
        assert "detail" not in answer.json()
