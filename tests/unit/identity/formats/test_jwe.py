"""Encrypted responses: the example of RFC 7518, another implementation on both ends, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto import jwe, jwk

from identity.errors import AlgorithmRefused, IdentityError, KeyRefused
from identity.formats.jwe import MalformedJwe, decrypt, derive_key, encrypt, encryption_jwk
from identity.formats.jwk import public_key_of
from identity.formats.strict import decode_base64url, encode_base64url, encode_json
from identity.ports import system_randomness

KEY_ID = "kid-1"
BOTH = ("A128GCM", "A256GCM")


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def published(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    return encryption_jwk(public_key_of(key.public_key()), KEY_ID)


def theirs(key: ec.EllipticCurvePrivateKey) -> Any:
    return jwk.JWK.from_pyca(key)


def rebuilt(token: str, **changed: Any) -> str:
    """The token with members of its header changed, and nothing else; None takes a member out."""
    head, *rest = token.split(".")
    header = {**json.loads(decode_base64url(head)), **changed}
    kept = {name: value for name, value in header.items() if value is not None}
    return ".".join((encode_base64url(encode_json(kept)), *rest))


def test_the_key_agreed_on_is_that_of_rfc_7518_appendix_c() -> None:
    alice = {
        "kty": "EC",
        "crv": "P-256",
        "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
        "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
        "d": "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
    }
    bob = {
        "kty": "EC",
        "crv": "P-256",
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
    }
    secret = (
        jwk.JWK(**alice).get_op_key("unwrapKey").exchange(ec.ECDH(), jwk.JWK(**bob).get_op_key("wrapKey"))  # their keys
    )
    assert encode_base64url(derive_key(secret, "A128GCM", b"Alice", b"Bob", 128)) == "VqqN6vgjbSBcIijNcacQGg"


@pytest.mark.parametrize("content", BOTH)
def test_another_implementation_reads_what_we_encrypt(key: ec.EllipticCurvePrivateKey, content: str) -> None:
    token = encrypt(b"to be read", published(key), content, system_randomness, apv=b"nonce", apu=b"us")
    opened = jwe.JWE()
    opened.deserialize(token, theirs(key))
    assert opened.payload == b"to be read"


@pytest.mark.parametrize("content", BOTH)
def test_we_read_what_another_implementation_encrypts(key: ec.EllipticCurvePrivateKey, content: str) -> None:
    header = {"alg": "ECDH-ES", "enc": content, "kid": KEY_ID, "apv": "bm9uY2U"}
    made = jwe.JWE(b"to be read", json.dumps(header), recipient=theirs(key))
    assert decrypt(made.serialize(compact=True), key, KEY_ID, BOTH) == b"to be read"


@pytest.mark.parametrize(
    "changed", [{"kid": "kid-2"}, {"kid": None}, {"zip": "DEF"}], ids=["another name", "no name", "packed"]
)
def test_a_token_that_opens_is_refused_for_what_its_header_says(
    key: ec.EllipticCurvePrivateKey, changed: dict[str, Any]
) -> None:
    """Made so by another implementation: the header's own seal is whole."""
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "kid": KEY_ID, **changed}
    kept = {name: value for name, value in header.items() if value is not None}
    token = jwe.JWE(b"x" * 100, json.dumps(kept), recipient=theirs(key)).serialize(compact=True)
    with pytest.raises(MalformedJwe, match=r"another key|compression"):
        decrypt(token, key, KEY_ID, BOTH)


def test_a_token_for_another_key_is_refused(key: ec.EllipticCurvePrivateKey) -> None:
    token = encrypt(b"x", published(ec.generate_private_key(ec.SECP256R1())), "A128GCM", system_randomness)
    with pytest.raises(MalformedJwe):
        decrypt(token, key, KEY_ID, BOTH)


@pytest.mark.parametrize(
    "changed",
    [
        {"kid": "kid-2"},
        {"kid": None},
        {"zip": "DEF"},
        {"crit": ["exp"]},
        {"apu": "x"},
        {"apv": 5},
        {"epk": None},
        {"epk": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}},
        {"epk": {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}},
    ],
)
def test_a_header_that_is_not_as_asked_for_is_refused(key: ec.EllipticCurvePrivateKey, changed: dict[str, Any]) -> None:
    token = encrypt(b"x", published(key), "A128GCM", system_randomness)
    with pytest.raises(MalformedJwe):
        decrypt(rebuilt(token, **changed), key, KEY_ID, BOTH)


@pytest.mark.parametrize(
    "changed",
    [
        {"alg": "none"},
        {"alg": "dir"},
        {"alg": "ECDH-ES+A128KW"},
        {"alg": "RSA-OAEP"},
        {"alg": None},
        {"enc": "A128CBC-HS256"},
        {"enc": None},
        {"enc": ["A128GCM"]},
    ],
)
def test_another_algorithm_is_refused_by_name(key: ec.EllipticCurvePrivateKey, changed: dict[str, Any]) -> None:
    token = encrypt(b"x", published(key), "A128GCM", system_randomness)
    with pytest.raises(AlgorithmRefused):
        decrypt(rebuilt(token, **changed), key, KEY_ID, BOTH)


def test_a_content_encryption_that_was_not_offered_is_refused(key: ec.EllipticCurvePrivateKey) -> None:
    token = encrypt(b"x", published(key), "A256GCM", system_randomness)
    with pytest.raises(AlgorithmRefused):
        decrypt(token, key, KEY_ID, ["A128GCM"])


@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_a_changed_part_is_refused(key: ec.EllipticCurvePrivateKey, place: int) -> None:
    parts = encrypt(b"secret text", published(key), "A128GCM", system_randomness).split(".")
    parts[place] = "AAAA" if not parts[place] else ("B" if parts[place][0] == "A" else "A") + parts[place][1:]
    with pytest.raises(MalformedJwe):
        decrypt(".".join(parts), key, KEY_ID, BOTH)


@pytest.mark.parametrize("changed", [{"crv": "P-384"}, {"alg": "RSA-OAEP"}, {"x": "short"}])
def test_nothing_is_encrypted_to_a_key_of_another_kind(
    key: ec.EllipticCurvePrivateKey, changed: dict[str, str]
) -> None:
    with pytest.raises((KeyRefused, AlgorithmRefused)):
        encrypt(b"x", {**published(key), **changed}, "A128GCM", system_randomness)


@given(st.text(max_size=200) | st.lists(st.text("ABCabc019-_", max_size=30), min_size=5, max_size=5).map(".".join))
def test_any_text_is_refused_with_a_typed_error(text: str) -> None:
    with pytest.raises(IdentityError):
        decrypt(text, ec.derive_private_key(7, ec.SECP256R1()), KEY_ID, BOTH)
