"""What the issuer publishes, and that an independent implementation verifies what it issues."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jsonschema import Draft202012Validator
from openvc import openid4vci, signing_key_from_jwk
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.status import token_status_list

from identity.formats.base import Challenge
from identity.formats.jws import LocalKey, parse_jws
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.strict import encode_base64url
from identity.issuer.types.catalogue import NAMES, load_catalogue
from tests.unit.identity.issuer.house import URL, House

METADATA = "/.well-known/openid-credential-issuer"


def test_issuer_metadata_holds_what_the_specification_requires(house: House) -> None:
    document = house.ask("GET", METADATA).json()
    assert document["credential_issuer"] == URL
    assert document["credential_endpoint"] == f"{URL}/credential"
    assert document["nonce_endpoint"] == f"{URL}/nonce"
    assert set(document["credential_configurations_supported"]) == {f"{name}_sd_jwt" for name in NAMES}
    for entry in document["credential_configurations_supported"].values():
        assert entry["format"] == "dc+sd-jwt"
        assert entry["proof_types_supported"]["jwt"]["proof_signing_alg_values_supported"]
        assert entry["cryptographic_binding_methods_supported"]


def test_signed_metadata_says_the_same(house: House) -> None:
    plain = house.ask("GET", METADATA).json()
    signed = house.ask("GET", METADATA, headers={"Accept": "application/jwt"})
    assert signed.headers["content-type"] == "application/jwt"
    jws = parse_jws(signed.text, types=("openidvci-issuer-metadata+jwt",))
    jws.verify(house.trusted().find(house.issuer.identity.did, jws.header).key, "metadata")
    assert jws.payload["sub"] == URL
    assert {name: value for name, value in jws.payload.items() if name in plain} == plain
    both = house.ask("GET", METADATA, headers={"Accept": "application/json, application/jwt"})
    assert both.headers["content-type"] == "application/json"


def test_the_server_metadata_leads_to_the_token_endpoint(house: House) -> None:
    document = house.ask("GET", "/.well-known/oauth-authorization-server").json()
    assert (document["issuer"], document["token_endpoint"]) == (URL, f"{URL}/token")
    assert document["pre-authorized_grant_anonymous_access_supported"] is True


def test_a_vct_leads_to_type_metadata_and_a_schema(house: House) -> None:
    verified = SdJwtVc().verify(house.credential(), house.trusted(), house.now)
    answer = house.ask("GET", verified.type)
    metadata = answer.json()
    assert metadata["vct"] == verified.type
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert verified.claims["vct#integrity"] == f"sha256-{digest}"
    schema = house.ask("GET", verified.type.replace("/types/", "/schemas/")).json()
    Draft202012Validator.check_schema(schema)
    named = {claim["path"][0] for claim in metadata["claims"]}
    assert set(schema["properties"]) <= named
    for missing in ("/types/nothing/1", "/types/kyc/2", "/schemas/kyc/9", "/types/KYC/1", "/types/kyc/x"):
        assert house.ask("GET", missing).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_every_type_conceals_all_that_identifies_a_person(name: str) -> None:
    type_ = load_catalogue()[name]
    concealed = {path[0] for path in type_.disclosable}
    identifying = {
        "given_name",
        "family_name",
        "birthdate",
        "document",
        "address",
        "legal_name",
        "lei",
        "principal_lei",
    }
    assert identifying & set(type_.schema["properties"]) <= concealed
    assert "sub" in concealed


def test_an_independent_verifier_takes_our_credential_and_its_presentation(house: House) -> None:
    credential = house.credential()
    jwk = dict(house.keys.active().public.jwk)
    suite = SdJwtVcProofSuite()
    whole = suite.verify(credential, public_key_jwk=jwk, check_temporal=False, expected_vct=f"{URL}/types/kyc/1")
    assert whole.claims["family_name"] == "Lovelace"
    challenge = Challenge("https://verifier.example", "nonce-1")
    shown = SdJwtVc().present(credential, [("nationalities", None)], challenge, house.wallet, house.now)
    bound = suite.verify(
        shown,
        public_key_jwk=jwk,
        audience=challenge.audience,
        nonce=challenge.nonce,
        require_key_binding=True,
        check_temporal=False,
        now=dt.datetime.fromtimestamp(house.now, dt.UTC),
    )
    assert bound.key_bound
    assert bound.claims["nationalities"] == ["DE"]
    assert "family_name" not in bound.claims


def test_we_take_what_an_independent_wallet_presents(house: House) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    holder = LocalKey(private)
    credential = str(
        house.request(house.token(), house.body(house.proof(key=holder))).json()["credentials"][0]["credential"]
    )
    d = encode_base64url(private.private_numbers().private_value.to_bytes(32))
    other = signing_key_from_jwk({**holder.public.jwk, "d": d}, "holder")
    shown = SdJwtVcProofSuite().create_presentation(
        credential, holder_key=other, audience="https://verifier.example", nonce="n"
    )
    challenge = Challenge("https://verifier.example", "n")
    now = int(time.time())
    assert SdJwtVc().verify_presentation(shown, house.trusted(), challenge, now).claims["given_name"] == "Ada"


def test_an_independent_parser_reads_our_offer_our_metadata_and_our_request(house: House) -> None:
    offer = house.offer()
    assert openid4vci.parse_credential_offer(offer["offer"]).credential_issuer == URL
    metadata = openid4vci.parse_credential_issuer_metadata(house.ask("GET", METADATA).json())
    assert metadata.credential_issuer == URL
    assert openid4vci.parse_credential_request(house.body()).credential_configuration_id == "kyc_sd_jwt"


def test_an_independent_reader_decodes_our_status_list(house: House) -> None:
    status = SdJwtVc().verify(house.credential(), house.trusted(), house.now).status
    assert status is not None
    payload = parse_jws(house.ask("GET", status.uri).text, types=("statuslist+jwt",)).payload
    decoded = token_status_list.decode_status_list(payload["status_list"]["lst"])
    assert token_status_list.get_status(decoded, status.index, bits=2) == 0


def test_addresses_that_lead_nowhere_answer_in_our_own_words(house: House) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("GET", "/token", 405), ("PUT", "/credential", 405)):
        answer = house.ask(method, path)
        assert answer.status_code == status
        assert set(answer.json()) == {"error"}


def test_an_issuer_with_a_path_publishes_between_host_and_path(tmp_path: Path) -> None:
    with ExitStack() as stack:
        house = House(tmp_path, stack, public_url=f"{URL}/tenant")
        document = house.ask("GET", f"{METADATA}/tenant").json()
        assert document["credential_issuer"] == f"{URL}/tenant"
        assert house.ask("GET", "/.well-known/oauth-authorization-server/tenant").status_code == 200
        assert house.ask("GET", "/tenant/did.json").json()["id"] == "did:web:issuer.example:tenant"
        assert house.ask("POST", "/tenant/nonce").status_code == 200
        assert house.ask("GET", METADATA).status_code == 404
