"""Every example of RFC 9901 that has bytes: signatures, disclosures, key bindings, and what a verifier has afterwards.

The disclosures that we make ourselves are compared after they are decoded, as the RFC says of its own (section 4.2.1):
white space and escapes are the issuer's choice. Digests are the same for the same bytes, and are compared as they are.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from identity.errors import MalformedCredential, SignatureInvalid
from identity.formats.base import Challenge, ClaimPath
from identity.formats.jwk import PublicKey, parse_public_jwk
from identity.formats.jws import LocalKey, parse_jws
from identity.formats.sd_jwt import SdJwt, build_key_binding, conceal, parse_sd_jwt, reveal, verify_key_binding
from identity.formats.strict import decode_base64url
from tests.unit.identity.vectors import document

TYPES = ("example+sd-jwt", "dc+sd-jwt")
"""Most examples bear the first, which no verifier of ours takes from anybody (see `test_sd_jwt_vc`)."""
ASKED = Challenge("https://verifier.example.org", "1234567890")
BOUND_AT = 1_748_537_244
EXAMPLES: dict[str, dict[str, Any]] = {one["section"]: one for one in document("rfc9901-examples.json")}
HOLDER = "5K5SCos8zf9zRemGGUl6yfok-_NiiryNZsvANWMhF-I"


def having(*members: str) -> Any:
    names = [name for name, one in EXAMPLES.items() if set(members) <= one.keys()]
    assert names
    return pytest.mark.parametrize("name", names)


def issuer_key() -> PublicKey:
    return parse_public_jwk(document("rfc9901-a5-key.json"))


def opened(wire: str) -> tuple[SdJwt, dict[str, Any], dict[str, Any]]:
    """Its parts, its verified payload, and its claims."""
    parts = parse_sd_jwt(wire)
    jws = parse_jws(parts.jwt, types=TYPES)
    jws.verify(issuer_key(), "example")
    return parts, dict(jws.payload), reveal(jws.payload, parts.disclosures)


def texts(example: dict[str, Any]) -> list[str]:
    return [text for _, text in example["disclosures"]]


@having("disclosures")
def test_every_disclosure_opens_at_its_digest_and_nowhere_else(name: str) -> None:
    for digest, text in EXAMPLES[name]["disclosures"]:
        content = json.loads(decode_base64url(text))
        payload: dict[str, Any] = {"_sd": [digest]} if len(content) == 3 else {"list": [{"...": digest}]}
        revealed = reveal(payload, [text])
        if len(content) == 2:
            revealed = {"list": revealed["list"][0]}
            content = [content[0], "list", content[1]]
        assert revealed.keys() == {content[1]}
        if "_sd" not in repr(content[2]) and "..." not in repr(content[2]):
            assert revealed[content[1]] == content[2]
        with pytest.raises(MalformedCredential):
            reveal({"_sd": [digest[:-1] + ("A" if digest[-1] != "A" else "E")]}, [text])


@having("issued")
def test_an_issued_example_is_signed_by_the_published_key_over_the_printed_payload(name: str) -> None:
    example = EXAMPLES[name]
    parts, payload, claims = opened(example["issued"])
    assert payload == example["payload"]
    assert sorted(parts.disclosures) == sorted(texts(example))
    assert {member: claims[member] for member in example["input"]} == example["input"]


@having("input", "disclosures")
def test_all_disclosures_together_give_back_what_the_issuer_started_from(name: str) -> None:
    example = EXAMPLES[name]
    claims = reveal(example["payload"], texts(example))
    assert {member: claims[member] for member in example["input"]} == example["input"]


@having("presented")
def test_a_presented_example_gives_the_processed_payload_that_is_printed(name: str) -> None:
    example = EXAMPLES[name]
    parts, _, claims = opened(example["presented"])
    assert claims == example["processed"]
    assert (parts.binding is not None) == ("cnf" in claims)
    if parts.binding is not None:
        verify_key_binding(parts, parse_public_jwk(claims["cnf"]["jwk"]), ASKED, BOUND_AT, "sha-256")


@having("binding")
def test_a_key_binding_of_ours_says_what_the_printed_one_says(name: str) -> None:
    example = EXAMPLES[name]
    parts = parse_sd_jwt(example["presented"])
    private = ec.derive_private_key(int.from_bytes(decode_base64url(HOLDER)), ec.SECP256R1())
    made = build_key_binding(parts.bound_part, ASKED, LocalKey(private), BOUND_AT, "sha-256")
    ours, theirs = (parse_jws(text, types=("kb+jwt",)) for text in (made, str(parts.binding)))
    assert ours.payload == theirs.payload == example["binding"]
    assert ours.header == theirs.header


def test_a_claim_in_its_four_spellings_is_one_claim_under_four_digests() -> None:
    spellings = (
        "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
        "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNXHUwMGY2Yml1cyJd",
        "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsImZhbWlseV9uYW1lIiwiTcO2Yml1cyJd",
        "WwoiXzI2YmM0TFQtYWM2cTJLSTZjQlc1ZXMiLAoiZmFtaWx5X25hbWUiLAoiTcO2Yml1cyIKXQ",
    )
    contents = [json.loads(decode_base64url(text)) for text in spellings]
    assert contents == [["_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"]] * 4
    payload = {"_sd": ["X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"]}
    assert reveal(payload, spellings[:1]) == {"family_name": "Möbius"}
    for other in spellings[1:]:
        with pytest.raises(MalformedCredential, match="opens nothing"):
            reveal(payload, [other])


def compact(example: dict[str, Any], place: int = 0) -> str:
    """A JSON serialisation in its compact form, over which its key binding is made (sections 8.1 and 8.4)."""
    whole = example.get("flattened") or {**example["general"]["signatures"][place], **example["general"]}
    header = whole["header"]
    jwt = f"{whole['protected']}.{whole['payload']}.{whole['signature']}"
    return "~".join([jwt, *header.get("disclosures", ()), header.get("kb_jwt", "")])


@pytest.mark.parametrize("name", ["8.2", "8.2, with key binding", "8.3"])
def test_a_json_serialised_example_verifies_in_its_compact_form(name: str) -> None:
    parts, _, claims = opened(compact(EXAMPLES[name]))
    assert (claims["given_name"], claims["family_name"]) == ("John", "Doe")
    assert ("birthdate" in claims) == (name == "8.2")
    if name != "8.2":
        verify_key_binding(parts, parse_public_jwk(claims["cnf"]["jwk"]), ASKED, BOUND_AT, "sha-256")


def test_the_second_signature_of_the_general_form_is_another_keys() -> None:
    with pytest.raises(SignatureInvalid):
        opened(compact(EXAMPLES["8.3"], 1))


WRITTEN = {"iss", "iat", "exp", "cnf"}
"""What the examples' issuer adds to the input."""
PATHS: dict[str, list[ClaimPath]] = {
    "5": [
        *((name,) for name in ("given_name", "family_name", "email", "phone_number", "phone_number_verified")),
        *((name,) for name in ("address", "birthdate", "updated_at")),
        ("nationalities", None),
    ],
    "6.1": [("address",)],
    "6.2": [("address", name) for name in ("street_address", "locality", "region", "country")],
    "6.3": [("address",), *(("address", name) for name in ("street_address", "locality", "region", "country"))],
}


@pytest.mark.parametrize("name", PATHS)
def test_what_we_conceal_with_the_printed_salts_has_the_printed_contents(name: str) -> None:
    """Salts, names, values and their order; not the bytes, because the examples are written with white space."""
    example = EXAMPLES[name]
    printed = [json.loads(decode_base64url(text)) for text in texts(example)]
    salts = iter([decode_base64url(content[0]) for content in printed])
    payload, made = conceal(example["input"], PATHS[name], lambda _size: next(salts))
    contents = [json.loads(decode_base64url(text)) for text in made]
    assert [content[:-1] for content in contents] == [content[:-1] for content in printed]
    assert next(salts, None) is None
    assert reveal(payload, made) == example["input"]
    assert payload.keys() - WRITTEN == example["payload"].keys() - WRITTEN
    assert len(payload.get("_sd", ())) == len(example["payload"].get("_sd", ()))
