"""Published examples of the specifications are verified and decoded byte for byte."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from identity.errors import NotInForce
from identity.formats.base import Challenge
from identity.formats.did import parse_did_key
from identity.formats.issuer_keys import PinnedKeys
from identity.formats.jwk import parse_public_jwk, public_key_of
from identity.formats.jws import LocalKey, parse_jws
from identity.formats.sd_jwt import reveal
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.status_list import compress, decompress, encode_statuses, verify_status_list_token
from identity.formats.strict import decode_base64url, parse_json
from identity.issuer.proofs import check_key_proof
from identity.refusals import ProtocolRefusal
from tests.unit.identity.vectors import FOLDER, document, text

ISSUER = "https://pid-issuer.bund.de.example"
SHOWN = Challenge("https://verifier.example.org", "1234567890")
NOW = 1_750_000_000
HOLDER = "5K5SCos8zf9zRemGGUl6yfok-_NiiryNZsvANWMhF-I"
"""The private half of the example holder's key that the RFC publishes."""


def rfc9901_keys() -> PinnedKeys:
    key = parse_public_jwk(document("rfc9901-a5-key.json"))
    return PinnedKeys({ISSUER: {"": key}})


def test_every_vector_file_is_the_one_whose_digest_is_noted() -> None:
    noted = dict(re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", text("PROVENANCE.md"), re.MULTILINE))
    files = {str(path.relative_to(FOLDER)): path for path in FOLDER.rglob("*") if path.is_file()}
    files.pop("PROVENANCE.md")
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()} == noted


def holder() -> LocalKey:
    return LocalKey(ec.derive_private_key(int.from_bytes(decode_base64url(HOLDER)), ec.SECP256R1()))


def test_the_sd_jwt_vc_of_rfc_9901_verifies_with_all_its_claims() -> None:
    credential = SdJwtVc().verify(text("rfc9901-a3.txt"), rfc9901_keys(), NOW)
    assert (credential.issuer, credential.type) == (ISSUER, "urn:eudi:pid:de:1")
    assert credential.claims["given_name"] == "Erika"
    assert credential.claims["nationalities"] == ["DE"]
    assert credential.claims["age_equal_or_over"]["18"] is True
    assert credential.claims["address"]["locality"] == "Köln"
    assert credential.holder is not None
    assert credential.holder.jwk == holder().public.jwk


def test_the_holder_of_rfc_9901_shows_an_age_and_nothing_else() -> None:
    vc = SdJwtVc()
    shown = vc.present(text("rfc9901-a3.txt"), [("age_equal_or_over", "18")], SHOWN, holder(), NOW)
    claims = vc.verify_presentation(shown, rfc9901_keys(), SHOWN, NOW).claims
    assert claims["age_equal_or_over"] == {"18": True}
    assert "given_name" not in claims
    assert "address" not in claims


def test_the_sd_jwt_vc_of_rfc_9901_is_refused_once_it_has_expired() -> None:
    with pytest.raises(NotInForce):
        SdJwtVc().verify(text("rfc9901-a3.txt"), rfc9901_keys(), 1_883_000_000)


@pytest.mark.parametrize(
    ("disclosure", "content", "digest"),
    [
        (
            "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
            ["_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"],
            "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0",
        ),
        (
            "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0",
            ["lklxF5jMYlGTPUovMNIvCA", "FR"],
            "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs",
        ),
    ],
)
def test_disclosures_of_rfc_9901_section_4_2_open_their_digests(
    disclosure: str, content: list[str], digest: str
) -> None:
    assert json.loads(decode_base64url(disclosure)) == content
    payload = {"_sd": [digest]} if len(content) == 3 else {"list": [{"...": digest}]}
    expected = {content[1]: content[2]} if len(content) == 3 else {"list": [content[1]]}
    assert reveal(payload, [disclosure]) == expected


@pytest.mark.parametrize("vector", document("token-status-list.json"), ids=lambda vector: str(vector["name"]))
def test_status_lists_of_the_specification_decode_and_encode(vector: dict[str, Any]) -> None:
    statuses = {int(index): value for index, value in vector["statuses"].items()}
    decoded = decompress(vector["lst"], vector["bits"])
    assert len(decoded) == vector["size"]
    assert decoded == encode_statuses(vector["size"], statuses, vector["bits"])
    # Compressors may differ, so what we write is compared after it is read again.
    assert decompress(compress(decoded), vector["bits"]) == decoded
    for index, value in statuses.items():
        assert decoded.at(index) == value


def test_the_signed_status_list_of_the_specification_verifies() -> None:
    key = parse_public_jwk(document("token-status-list-key.json"))
    keys = PinnedKeys({"https://example.com": {"12": key}})
    verified = verify_status_list_token(
        text("token-status-list-signed.txt"), "https://example.com/statuslists/1", keys, 1_686_920_200
    )
    assert [verified.statuses.at(index) for index in range(16)] == [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    assert (verified.ttl, verified.expires_at) == (43_200, 2_291_720_170)


@pytest.mark.parametrize(("did", "vector"), document("did-key.json").items())
def test_did_keys_lead_to_the_published_keys(did: str, vector: dict[str, Any]) -> None:
    key = parse_did_key(did)
    if "seed" in vector:
        private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))
        assert key.jwk == public_key_of(private.public_key()).jwk
    else:
        assert key.jwk == vector["jwk"]
    assert parse_did_key(f"{did}#{did.removeprefix('did:key:')}").thumbprint == key.thumbprint


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_canonical_json_is_that_of_rfc_8785(name: str) -> None:
    value = parse_json((FOLDER / "rfc8785" / f"{name}.in.json").read_bytes())
    assert rfc8785.dumps(value) == (FOLDER / "rfc8785" / f"{name}.out.json").read_bytes()


def test_the_key_proof_of_the_openid4vci_appendix_verifies() -> None:
    proof = check_key_proof(text("openid4vci-f1-proof.txt"), "https://credential-issuer.example.com", 1_701_960_444)
    assert proof.nonce == "LarRGSbmUPYtRYO6BQ4yn8"
    header = parse_jws(text("openid4vci-f1-proof.txt"), types=("openid4vci-proof+jwt",)).header
    assert proof.key.jwk == header["jwk"]


def test_the_key_proof_of_the_appendix_is_refused_elsewhere_and_later() -> None:
    for issuer, now in (
        ("https://other.example.com", 1_701_960_444),
        ("https://credential-issuer.example.com", 1_701_970_000),
    ):
        with pytest.raises(ProtocolRefusal) as refused:
            check_key_proof(text("openid4vci-f1-proof.txt"), issuer, now)
        assert refused.value.code == "invalid_proof"
