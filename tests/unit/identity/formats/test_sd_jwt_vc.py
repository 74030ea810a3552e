"""SD-JWT VC: what was concealed comes back, what was not shown stays hidden, and whatever was touched is refused."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.errors import (
    AlgorithmRefused,
    IdentityError,
    IssuerUnknown,
    MalformedCredential,
    NotInForce,
    SignatureInvalid,
    WrongAudience,
    WrongNonce,
)
from identity.formats.base import Challenge, ClaimPath, StatusReference
from identity.formats.jws import build_jws, parse_jws
from identity.formats.sd_jwt import conceal, reveal
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.strict import decode_base64url, encode_base64url, encode_json
from tests.unit.identity.formats.material import (
    CHALLENGE,
    CLAIMS,
    HOLDER_KEY,
    ISSUER,
    ISSUER_KEY,
    KEYS,
    NOW,
    OTHER_KEY,
    counted,
    credential,
)

VC = SdJwtVc()
OWN = {"iss", "vct", "iat", "nbf", "exp", "cnf", "status"}


def shown(paths: list[ClaimPath], challenge: Challenge = CHALLENGE, text: str | None = None) -> str:
    return VC.present(text or credential(), paths, challenge, HOLDER_KEY, NOW)


def test_a_credential_comes_back_with_all_its_claims() -> None:
    verified = VC.verify(credential(status=StatusReference("https://issuer.example/status/1", 7)), KEYS, NOW)
    assert {name: value for name, value in verified.claims.items() if name not in OWN} == CLAIMS
    assert verified.status == StatusReference("https://issuer.example/status/1", 7)
    assert verified.holder is not None
    assert verified.holder.thumbprint == HOLDER_KEY.public.thumbprint
    assert (verified.issuer, verified.valid_until) == (ISSUER, NOW + 1_000)


def test_the_signed_part_holds_no_concealed_value() -> None:
    payload = decode_base64url(credential().split(".")[1])
    assert b"Ada" not in payload
    assert b"Berlin" not in payload
    assert b'"open":true' in payload


def test_only_what_is_asked_for_is_shown() -> None:
    verified = VC.verify_presentation(shown([("address", "country"), ("nationalities", 1)]), KEYS, CHALLENGE, NOW)
    assert {name: value for name, value in verified.claims.items() if name not in OWN} == {
        "nationalities": ["FR"],
        "address": {"country": "DE"},
        "open": True,
    }


def test_every_presentation_of_a_credential_has_one_digest() -> None:
    text = credential()
    first = VC.verify_presentation(shown([], text=text), KEYS, CHALLENGE, NOW)
    second = VC.verify_presentation(shown([("given_name",)], text=text), KEYS, CHALLENGE, NOW)
    assert first.digest == second.digest == VC.verify(text, KEYS, NOW).digest


def test_the_second_signature_that_anybody_can_make_is_no_second_credential() -> None:
    """Of (r, s) anybody makes (r, n - s), which verifies too (P-256 demands no low s): with the signature in the digest,
    one credential counted as two, and served two people.
    """
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    jwt, *rest = credential().split("~")
    signed, _, signature = jwt.rpartition(".")
    raw = decode_base64url(signature)
    twin = raw[:32] + (order - int.from_bytes(raw[32:])).to_bytes(32)
    other = "~".join([f"{signed}.{encode_base64url(twin)}", *rest])
    assert other != credential()
    assert VC.verify(other, KEYS, NOW).digest == VC.verify(credential(), KEYS, NOW).digest


def test_a_presentation_for_somebody_else_or_another_nonce_is_refused() -> None:
    with pytest.raises(WrongAudience):
        VC.verify_presentation(shown([]), KEYS, Challenge("https://other.example", CHALLENGE.nonce), NOW)
    with pytest.raises(WrongNonce):
        VC.verify_presentation(shown([]), KEYS, Challenge(CHALLENGE.audience, "nonce-2"), NOW)


def test_a_presentation_is_good_for_its_time_only() -> None:
    VC.verify_presentation(shown([]), KEYS, CHALLENGE, NOW + 300)
    with pytest.raises(NotInForce):
        VC.verify_presentation(shown([]), KEYS, CHALLENGE, NOW + 301)
    with pytest.raises(NotInForce):
        VC.verify_presentation(VC.present(credential(), [], CHALLENGE, HOLDER_KEY, NOW + 61), KEYS, CHALLENGE, NOW)


def test_a_thief_of_the_credential_cannot_show_it() -> None:
    with pytest.raises(SignatureInvalid):
        VC.verify_presentation(VC.present(credential(), [], CHALLENGE, OTHER_KEY, NOW), KEYS, CHALLENGE, NOW)


def test_disclosures_added_to_or_taken_from_a_presentation_are_refused() -> None:
    text = credential()
    whole = text.split("~")
    jwt, *rest = shown([("given_name",)], text=text).split("~")
    with pytest.raises(MalformedCredential):
        VC.verify_presentation("~".join([jwt, *rest[1:]]), KEYS, CHALLENGE, NOW)
    extra = next(part for part in whole[1:-1] if part not in rest)
    with pytest.raises(MalformedCredential):
        VC.verify_presentation("~".join([jwt, extra, *rest]), KEYS, CHALLENGE, NOW)


def test_a_credential_without_key_binding_is_no_presentation_and_the_other_way_round() -> None:
    with pytest.raises(MalformedCredential):
        VC.verify_presentation(credential(), KEYS, CHALLENGE, NOW)
    with pytest.raises(MalformedCredential):
        VC.verify(shown([]), KEYS, NOW)


def test_a_credential_bound_to_nobody_is_never_presented() -> None:
    with pytest.raises(MalformedCredential):
        VC.verify_presentation(shown([], text=credential(holder=None)), KEYS, CHALLENGE, NOW)


def test_times_are_kept_to_the_second() -> None:
    VC.verify(credential(), KEYS, NOW + 999)
    with pytest.raises(NotInForce, match="expired"):
        VC.verify(credential(), KEYS, NOW + 1_000)
    VC.verify(credential(), KEYS, NOW - 60)
    with pytest.raises(NotInForce, match="future"):
        VC.verify(credential(), KEYS, NOW - 61)


def test_another_signer_is_refused() -> None:
    payload = parse_jws(credential().split("~")[0], types=("dc+sd-jwt",)).payload
    forged = build_jws({"typ": "dc+sd-jwt", "kid": f"{ISSUER}#1"}, payload, OTHER_KEY)
    with pytest.raises(SignatureInvalid):
        VC.verify(f"{forged}~", KEYS, NOW)
    unknown = build_jws({"typ": "dc+sd-jwt", "kid": f"{ISSUER}#2"}, payload, OTHER_KEY)
    with pytest.raises(IssuerUnknown):
        VC.verify(f"{unknown}~", KEYS, NOW)


def remade(header: dict[str, Any] | None = None, **payload: Any) -> str:
    base = parse_jws(credential(paths=()).split("~")[0], types=("dc+sd-jwt",)).payload
    changed = {name: value for name, value in {**base, **payload}.items() if value is not ...}
    return build_jws({"typ": "dc+sd-jwt", "kid": f"{ISSUER}#1", **(header or {})}, changed, ISSUER_KEY) + "~"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (remade({"alg": "none"}), AlgorithmRefused),
        (remade({"alg": "HS256"}), AlgorithmRefused),
        (remade({"alg": "EdDSA"}), AlgorithmRefused),
        (remade({"typ": "JWT"}), IdentityError),
        (remade({"crit": ["x"]}), IdentityError),
        (remade({"kid": "somebody"}), IssuerUnknown),
        (remade(iss="did:web:other.example"), IssuerUnknown),
        (remade(vct=...), MalformedCredential),
        (remade(vct=5), MalformedCredential),
        (remade(exp="soon"), IdentityError),
        (remade(exp=True), IdentityError),
        (remade(cnf={"kid": "x"}), MalformedCredential),
        (remade(cnf={"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}), MalformedCredential),
        (remade(cnf={"jwk": {**HOLDER_KEY.public.jwk, "d": "AA"}}), MalformedCredential),
        (remade(status={"other": 1}), MalformedCredential),
        (remade(status={"status_list": {"idx": -1, "uri": "x"}}), MalformedCredential),
        (remade(status={"status_list": {"idx": True, "uri": "x"}}), MalformedCredential),
        (remade(_sd=["x", "x"]), MalformedCredential),
        (remade(_sd="x"), MalformedCredential),
        (remade(_sd_alg="md5") + "WzEsMl0~", MalformedCredential),
        (remade(list=[{"...": 1}]), MalformedCredential),
        ("~", IdentityError),
        ("a.b.c", MalformedCredential),
        ("a.b.c~", IdentityError),
        ("é~", MalformedCredential),
        (5, MalformedCredential),
        (credential().replace("~", "~~", 1), MalformedCredential),
        ("x~" * 300, MalformedCredential),
    ],
)
def test_a_credential_that_breaks_its_format_is_a_typed_error(text: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        VC.verify(text, KEYS, NOW)


def disclosure(*content: Any) -> tuple[str, str]:
    text = encode_base64url(encode_json(list(content)))
    return text, encode_base64url(hashlib.sha256(text.encode()).digest())


@pytest.mark.parametrize(
    ("content", "payload"),
    [
        (["salt", "_sd", []], "object"),
        (["salt", "...", 1], "object"),
        (["salt", "taken", 1], "object"),
        (["salt", 5, 1], "object"),
        ([5, "name", 1], "object"),
        (["salt"], "object"),
        (["salt", "a", "b", "c"], "object"),
        (["salt", "value"], "object"),
        (["salt", "name", "value"], "list"),
    ],
)
def test_a_disclosure_of_the_wrong_form_or_place_is_refused(content: list[Any], payload: str) -> None:
    text, digest = disclosure(*content)
    claims = {"taken": 1, "_sd": [digest]} if payload == "object" else {"list": [{"...": digest}]}
    with pytest.raises(MalformedCredential):
        reveal(claims, [text])


def test_a_disclosure_cannot_bring_a_second_validity() -> None:
    text, digest = disclosure("salt", "nbf", 1)
    with pytest.raises(MalformedCredential):
        VC.verify(remade(nbf=..., _sd=[digest]) + text + "~", KEYS, NOW)


def test_a_claim_that_must_be_shown_is_never_concealed() -> None:
    with pytest.raises(MalformedCredential):
        credential(paths=[("exp",)])
    with pytest.raises(MalformedCredential):
        credential(claims={"iss": "somebody"}, paths=())


@given(st.data())
def test_any_change_of_one_character_is_refused(data: st.DataObject) -> None:
    text = credential()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("Aa0_-.~").filter(lambda one: one != text[place]))
    with pytest.raises(IdentityError):
        VC.verify(text[:place] + other + text[place + 1 :], KEYS, NOW)


@given(
    st.recursive(
        st.integers(0, 9) | st.text("xyz", max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        max_leaves=12,
    ).map(lambda value: {"root": value}),
    st.lists(
        st.lists(st.sampled_from(["root", "a", "b", "c", None, 0, 1]), min_size=1, max_size=4).map(tuple), max_size=6
    ),
)
def test_whatever_is_concealed_is_revealed_again(claims: dict[str, Any], paths: list[ClaimPath]) -> None:
    payload, disclosures = conceal(claims, paths, counted())
    assert reveal(json.loads(json.dumps(payload)), disclosures) == claims
