"""The whole flow, and what each step refuses: in the specification's words, and leaving nothing behind."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from sqlalchemy import func, select

from identity.formats.jws import LocalKey
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.strict import encode_base64url, encode_json
from identity.issuer.offers import GRANT, MAX_TX_FAILURES
from identity.issuer.staff import Role
from identity.issuer.tables import CREDENTIALS, OFFERS, SPENT
from tests.unit.identity.issuer.house import PERSON, URL, House

VC = SdJwtVc()


def counts(house: House) -> tuple[int, int]:
    with house.database.read() as connection:
        return tuple(  # type: ignore[return-value]
            connection.execute(select(func.count()).select_from(table)).scalar() for table in (CREDENTIALS, SPENT)
        )


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, code), answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) <= {"error", "error_description"}


def test_a_wallet_receives_a_credential_bound_to_its_key(house: House) -> None:
    verified = VC.verify(house.credential(), house.trusted(), house.now)
    assert verified.issuer == "did:web:issuer.example"
    assert verified.type == f"{URL}/types/kyc/1"
    assert {name: verified.claims[name] for name in PERSON} == PERSON
    assert verified.holder is not None
    assert verified.holder.jwk == house.wallet.public.jwk
    assert verified.status is not None
    assert verified.status.uri.startswith(f"{URL}/status/")
    # Standard due diligence of 20 May 2026: until 20 May 2028, midnight UTC.
    assert verified.valid_until == 1_842_393_600


def test_a_credential_by_identifier_when_authorization_details_were_sent(house: House) -> None:
    details = [{"type": "openid_credential", "credential_configuration_id": "kyc_sd_jwt"}]
    granted = house.redeem(house.offer(), authorization_details=json.dumps(details)).json()
    (entry,) = granted["authorization_details"]
    identifier = entry["credential_identifiers"][0]
    token = granted["access_token"]
    refused(house.request(token), 400, "invalid_credential_request")
    body = {"credential_identifier": identifier, "proofs": {"jwt": [house.proof()]}}
    assert house.request(token, body).status_code == 200
    refused(house.request(token, {**body, "credential_identifier": "A" * 22}), 400, "unknown_credential_identifier")


def test_two_credentials_of_one_offer_share_the_subject_and_nothing_else(house: House) -> None:
    first, subject = house.approved()
    claims = {"country": "DE", "proof": "utility_bill", "proved_on": "2026-05-02"}
    second, _ = house.approved("residency", claims, subject)
    token = house.token(house.offer(first, second))
    got = [
        VC.verify(
            house.request(token, house.body(configuration=name)).json()["credentials"][0]["credential"],
            house.trusted(),
            house.now,
        )
        for name in ("kyc_sd_jwt", "residency_sd_jwt")
    ]
    assert got[0].claims["sub"] == got[1].claims["sub"]
    assert subject not in json.dumps([dict(one.claims) for one in got], default=str)
    assert got[0].status != got[1].status


def test_an_offer_by_reference_is_the_offer_by_value(house: House) -> None:
    offer = house.offer()
    by_value = parse_qs(urlsplit(offer["by_value"]).query)["credential_offer"][0]
    reference = parse_qs(urlsplit(offer["by_reference"]).query)["credential_offer_uri"][0]
    shown = house.ask("GET", reference)
    assert shown.json() == json.loads(by_value) == offer["offer"]
    assert house.ask("GET", f"{reference}/qr.svg").headers["content-type"] == "image/svg+xml"
    house.token(offer)
    assert house.ask("GET", reference).status_code == 404


def test_a_code_is_redeemed_once(house: House) -> None:
    offer = house.offer()
    house.token(offer)
    refused(house.redeem(offer), 400, "invalid_grant")


def test_a_code_dies_with_its_time(house: House) -> None:
    offer = house.offer()
    house.now += 600
    refused(house.redeem(offer), 400, "invalid_grant")


def test_a_withdrawn_offer_gives_no_token_and_its_token_no_credential(house: House) -> None:
    offer = house.offer()
    token = house.token(offer)
    assert house.staff(Role.MAKER, f"/offers/{offer['offer_id']}/withdraw").status_code == 200
    refused(house.request(token), 401, "invalid_token")


def test_wrong_tx_codes_are_counted_and_then_the_code_is_dead(house: House) -> None:
    offer = house.offer()
    wrong = "000000" if offer["tx_code"] != "000000" else "111111"
    for _ in range(MAX_TX_FAILURES):
        refused(house.redeem(offer, tx_code=wrong), 400, "invalid_grant")
    refused(house.redeem(offer), 400, "invalid_grant")


def test_one_wrong_tx_code_less_leaves_the_code_alive(house: House) -> None:
    offer = house.offer()
    wrong = "000000" if offer["tx_code"] != "000000" else "111111"
    for _ in range(MAX_TX_FAILURES - 1):
        refused(house.redeem(offer, tx_code=wrong), 400, "invalid_grant")
    assert house.redeem(offer).status_code == 200


def test_a_tx_code_that_is_missing_or_not_expected_is_an_invalid_request(house: House) -> None:
    refused(house.redeem(house.offer(), tx_code=None), 400, "invalid_request")
    refused(house.redeem(house.offer(tx_code=False), tx_code="123456"), 400, "invalid_request")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"pre-authorized_code": None}, "invalid_request"),
        ({"pre-authorized_code": "A" * 54}, "invalid_grant"),
        ({"pre-authorized_code": "é" * 9}, "invalid_grant"),
        ({"pre-authorized_code": "x" * 10_000}, "invalid_grant"),
        ({"authorization_details": "{}"}, "invalid_authorization_details"),
        ({"authorization_details": "[]"}, "invalid_authorization_details"),
        ({"authorization_details": "[" * 99}, "invalid_authorization_details"),
        ({"authorization_details": '[{"type":"other"}]'}, "invalid_authorization_details"),
        ({"authorization_details": '[{"type":"openid_credential"}]'}, "invalid_authorization_details"),
        (
            {"authorization_details": '[{"type":"openid_credential","credential_configuration_id":"entity_sd_jwt"}]'},
            "invalid_authorization_details",
        ),
    ],
)
def test_a_token_request_that_is_refused_spends_nothing(house: House, form: dict[str, Any], code: str) -> None:
    offer = house.offer()
    refused(house.redeem(offer, **form), 400, code)
    assert house.redeem(offer).status_code == 200


def test_a_token_request_of_another_type_or_with_a_field_twice_is_refused(house: House) -> None:
    refused(house.ask("POST", "/token", json={}), 400, "invalid_request")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"grant_type={GRANT}&grant_type={GRANT}&pre-authorized_code=x"
    refused(house.ask("POST", "/token", content=body, headers=headers), 400, "invalid_request")
    refused(house.ask("POST", "/token", content=b"a=" + b"x" * 70_000, headers=headers), 400, "invalid_request")


def test_an_access_token_dies_with_its_time(house: House) -> None:
    token = house.token()
    house.now += 300
    refused(house.request(token), 401, "invalid_token")


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer x", "Basic abc", "Bearer " + "A" * 54, "DPoP " + "A" * 54])
def test_without_a_token_of_ours_nothing_is_read(house: House, value: str) -> None:
    answer = house.ask("POST", "/credential", content=b"{", headers={"Authorization": value} if value else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].split(" ")[0] in ("Bearer", "DPoP")


def test_a_code_is_no_token_and_a_token_is_no_code(house: House) -> None:
    offer = house.offer()
    code = offer["offer"]["grants"][GRANT]["pre-authorized_code"]
    refused(house.request(code), 401, "invalid_token")
    token = house.token(offer)
    refused(house.redeem(house.offer(), **{"pre-authorized_code": token}), 400, "invalid_grant")


def test_a_nonce_is_spent_with_the_credential_and_not_before(house: House) -> None:
    nonce = house.nonce()
    token = house.token()
    refused(
        house.request(token, house.body(house.proof(nonce), "entity_sd_jwt")), 400, "unknown_credential_configuration"
    )
    assert counts(house) == (0, 0)
    assert house.request(token, house.body(house.proof(nonce))).status_code == 200
    assert counts(house) == (1, 1)
    refused(house.request(house.token(), house.body(house.proof(nonce))), 400, "invalid_nonce")
    assert counts(house) == (1, 1)


def test_answers_with_secrets_are_not_to_be_stored_and_nonces_never_repeat(house: House) -> None:
    answers = house.ask_all([("POST", "/nonce", {})] * 50)
    assert len({answer.json()["c_nonce"] for answer in answers}) == 50
    offer = house.offer()
    shown = house.ask("GET", parse_qs(urlsplit(offer["by_reference"]).query)["credential_offer_uri"][0])
    granted = house.redeem(offer)
    issued = house.request(granted.json()["access_token"])
    for answer in (*answers, shown, granted, issued):
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


def test_a_nonce_dies_with_its_time(house: House) -> None:
    nonce = house.nonce()
    house.now += 301
    refused(house.request(house.token(), house.body(house.proof(nonce))), 400, "invalid_nonce")


@pytest.mark.parametrize("nonce", ["", "x", "A" * 54, "é", "x" * 5_000])
def test_a_nonce_of_somebody_else_is_refused(house: House, nonce: str) -> None:
    refused(house.request(house.token(), house.body(house.proof(nonce))), 400, "invalid_nonce")


def test_a_credential_is_issued_once_for_an_offer(house: House) -> None:
    token = house.token()
    assert house.request(token).status_code == 200
    refused(house.request(token), 400, "credential_request_denied")
    assert counts(house) == (1, 1)


def proofs(house: House) -> dict[str, tuple[str, str]]:
    """Key proofs that must be refused, and with which code."""
    other = LocalKey(ec.generate_private_key(ec.SECP256R1()))
    jwk = dict(house.wallet.public.jwk)
    good = house.proof()
    head, payload, signature = good.split(".")
    return {
        "no type": (house.proof(header={"typ": ...}), "invalid_proof"),
        "a draft's type": (house.proof(header={"typ": "jwt"}), "invalid_proof"),
        "alg none": (house.proof(header={"alg": "none"}), "invalid_proof"),
        "alg HS256": (house.proof(header={"alg": "HS256"}), "invalid_proof"),
        "key confusion": (house.proof(header={"alg": "EdDSA"}), "invalid_proof"),
        "another key's signature": (house.proof(key=other, header={"jwk": jwk}), "invalid_proof"),
        "a private key": (house.proof(header={"jwk": {**jwk, "d": "AA"}}), "invalid_proof"),
        "a symmetric key": (house.proof(header={"jwk": {"kty": "oct", "k": "AA"}}), "invalid_proof"),
        "no key": (house.proof(header={"jwk": ...}), "invalid_proof"),
        "two keys": (house.proof(header={"kid": "did:jwk:x"}), "invalid_proof"),
        "a key we can't find": (house.proof(header={"jwk": ..., "kid": "did:web:evil.example#1"}), "invalid_proof"),
        "certificates": (house.proof(header={"jwk": ..., "x5c": ["AA"]}), "invalid_proof"),
        "critical extension": (house.proof(header={"crit": ["exp"], "exp": 1}), "invalid_proof"),
        "another audience": (house.proof(aud="https://other.example"), "invalid_proof"),
        "two audiences": (house.proof(aud=[URL, "https://other.example"]), "invalid_proof"),
        "no audience": (house.proof(aud=...), "invalid_proof"),
        "no time": (house.proof(iat=...), "invalid_proof"),
        "time as text": (house.proof(iat="now"), "invalid_proof"),
        "too old": (house.proof(iat=house.now - 301), "invalid_proof"),
        "from the future": (house.proof(iat=house.now + 61), "invalid_proof"),
        "no nonce": (house.proof(nonce=...), "invalid_proof"),  # type: ignore[arg-type]
        "nonce of another kind": (house.proof(nonce=5), "invalid_proof"),  # type: ignore[arg-type]
        "tampered": (f"{head}.{payload}.{signature[:-2]}AA", "invalid_proof"),
        "cut": (f"{head}.{payload}.", "invalid_proof"),
        "not a JWT": ("x", "invalid_proof"),
        "giant": ("e30." * 10_000, "invalid_proof"),
    }


def test_every_broken_key_proof_is_refused_and_spends_nothing(house: House) -> None:
    token = house.token()
    for what, (proof, code) in proofs(house).items():
        answer = house.request(token, house.body(proof))
        assert (what, answer.status_code, answer.json()["error"]) == (what, 400, code)
    assert counts(house) == (0, 0)
    assert house.request(token).status_code == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"credential_configuration_id": None}, "invalid_credential_request"),
        ({"credential_identifier": "x"}, "invalid_credential_request"),
        ({"credential_configuration_id": 5}, "invalid_credential_request"),
        ({"credential_configuration_id": "no_such"}, "unknown_credential_configuration"),
        ({"credential_response_encryption": {"enc": "A128GCM"}}, "invalid_encryption_parameters"),
        ({"proofs": None}, "invalid_proof"),
        ({"proofs": []}, "invalid_proof"),
        ({"proofs": {}}, "invalid_proof"),
        ({"proofs": {"jwt": []}}, "invalid_proof"),
        ({"proofs": {"jwt": ["x", "y"]}}, "invalid_proof"),
        ({"proofs": {"jwt": [5]}}, "invalid_proof"),
        ({"proofs": {"jwt": "x"}}, "invalid_proof"),
        ({"proofs": {"di_vp": [{}]}}, "invalid_proof"),
        ({"proofs": {"jwt": ["x"], "attestation": ["y"]}}, "invalid_proof"),
    ],
)
def test_a_request_that_breaks_its_form_is_refused(house: House, change: dict[str, Any], code: str) -> None:
    body = {key: value for key, value in {**house.body(), **change}.items() if value is not None}
    refused(house.request(house.token(), body), 400, code)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"a":NaN}',
        b'{"a":1,"a":2}',
        b"[" * 60_000,
        b'"\xff"',
        b'{"a":"\\ud800"}',
        b" " * 70_000,
    ],
)
def test_a_body_that_is_no_strict_object_is_refused(house: House, content: bytes) -> None:
    answer = house.request(house.token(), content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_credential_request"


def test_a_body_of_another_type_is_refused(house: House) -> None:
    answer = house.request(house.token(), content=b"{}", headers={"Content-Type": "text/plain"})
    refused(answer, 400, "invalid_credential_request")


def test_members_nobody_defined_are_ignored(house: House) -> None:
    body = {**house.body(), "format": "ldp_vc", "something": {"else": 1}}
    assert house.request(house.token(), body).status_code == 200


def test_an_ed25519_key_and_a_did_jwk_serve_as_well(house: House) -> None:
    key = LocalKey(ed25519.Ed25519PrivateKey.generate())
    assert house.request(house.token(), house.body(house.proof(key=key))).status_code == 200
    did = "did:jwk:" + encode_base64url(encode_json(dict(house.wallet.public.jwk)))
    proof = house.proof(header={"jwk": ..., "kid": f"{did}#0"})
    assert house.request(house.token(), house.body(proof)).status_code == 200


def test_a_token_bound_to_a_key_needs_that_key(house: House) -> None:
    granted = house.redeem(house.offer(), house.dpop("/token")).json()
    token = granted["access_token"]
    assert granted["token_type"] == "DPoP"
    refused(house.request(token), 401, "invalid_token")

    def ask(proof: str) -> Any:
        return house.request(token, headers={"Authorization": f"DPoP {token}", "DPoP": proof})

    for broken in (
        house.dpop("/token", token),
        house.dpop("/credential"),
        house.dpop("/credential", token, htm="GET"),
        house.dpop("/credential", token, iat=house.now - 301),
        house.dpop("/credential", token, jti=...),
        house.dpop("/credential", token, header={"typ": "JWT"}),
        house.dpop("/credential", token, header={"alg": "none"}),
        "x",
    ):
        refused(ask(broken), 401, "invalid_dpop_proof")
    stranger = House.dpop
    wallet, house.wallet = house.wallet, LocalKey(ec.generate_private_key(ec.SECP256R1()))
    refused(ask(stranger(house, "/credential", token)), 401, "invalid_token")
    house.wallet = wallet
    assert ask(house.dpop("/credential", token)).status_code == 200


def test_a_dpop_proof_serves_once(house: House) -> None:
    proof = house.dpop("/token")
    assert house.redeem(house.offer(), proof).status_code == 200
    offer = house.offer()
    refused(house.redeem(offer, proof), 400, "invalid_dpop_proof")
    assert house.redeem(offer).status_code == 200


def test_a_bearer_token_is_not_used_with_a_key_it_is_not_bound_to(house: House) -> None:
    token = house.token()
    headers = {"Authorization": f"DPoP {token}", "DPoP": house.dpop("/credential", token)}
    refused(house.request(token, headers=headers), 401, "invalid_token")


def test_no_code_or_token_stands_in_the_database(house: House) -> None:
    offer = house.offer()
    token = house.token(offer)
    with house.database.read() as connection:
        row = connection.execute(select(OFFERS)).one()
    everything = repr(tuple(row))
    assert token not in everything
    assert offer["offer"]["grants"][GRANT]["pre-authorized_code"] not in everything
    assert offer["tx_code"] not in everything


def test_a_case_whose_basis_lapses_before_the_wallet_comes_is_denied(house: House) -> None:
    claims = {"result": "clear", "lists": ["un_sc"], "screened_on": "2026-05-20"}
    case, _ = house.approved("sanctions_screening", claims)
    token = house.token(house.offer(case))
    with house.issuer.database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE cases SET valid_until = 1780000000")
    refused(
        house.request(token, house.body(configuration="sanctions_screening_sd_jwt")), 400, "credential_request_denied"
    )
