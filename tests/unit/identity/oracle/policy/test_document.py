"""A policy is one strict document with one hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.oracle.policy.document import DOCUMENT_NAME, PolicyRefused, parse_policy
from tests.unit.identity.oracle.policy.policies import ISSUER, document, policy

KYC = {"topic": "kyc"}


def nested(levels: int) -> dict[str, Any]:
    rule: dict[str, Any] = KYC
    for _ in range(levels - 1):
        rule = {"not": rule}
    return rule


def where(test: Any, claim: str = "level") -> dict[str, Any]:
    return {"topic": "kyc", "where": {claim: test}}


def test_the_hash_is_over_canonical_bytes_however_the_document_was_written() -> None:
    written = document({"all": [KYC, where({"in": ["standard"]})]})
    turned = dict(reversed(written.items()))
    one = parse_policy(json.dumps(written, indent=3))
    other = parse_policy(json.dumps(turned).encode())
    # Sorted names, no white space: for ASCII text and small integers this is all that RFC 8785 asks.
    canonical = json.dumps(written, sort_keys=True, separators=(",", ":")).encode()
    assert one.canonical == other.canonical == canonical
    assert one.digest == other.digest == hashlib.sha256(canonical).digest()
    assert parse_policy(one.canonical) == one


def test_a_default_written_out_is_another_document_with_the_same_meaning() -> None:
    short, long = policy(KYC), policy(KYC, unreachable_grace=300)
    assert short.unreachable_grace == long.unreachable_grace
    assert short.digest != long.digest


def test_a_chain_knows_the_document_by_32_bytes() -> None:
    assert b"policy" + bytes(26) == DOCUMENT_NAME
    assert policy(KYC).asset_id == b"\x5a" * 32


def test_types_stand_under_the_issuers_own_addresses_unless_named() -> None:
    trust = {"kyc": ["did:web:localhost%3A8443", "did:web:bank.example:kyc"]}
    assert policy(KYC, trust=trust).type_names("kyc") == (
        "https://localhost:8443/types/kyc/1",
        "https://bank.example/kyc/types/kyc/1",
    )
    named = ["https://types.example/types/kyc/1"]
    assert policy(KYC, trust={"kyc": ["did:key:z6Mk"]}, types={"kyc": named}).type_names("kyc") == tuple(named)


@pytest.mark.parametrize(
    "changed",
    [
        {"format": "lockstep-policy/2"},
        {"asset": "0x" + "5A" * 32},
        {"asset": "0x5a"},
        {"version": 0},
        {"version": True},
        {"version": "1"},
        {"effective_at": -1},
        {"holding_limit": "007"},
        {"holding_limit": "-1"},
        {"holding_limit": 1000},
        {"holding_limit": str(2**96)},
        {"buckets": []},
        {"buckets": [{"name": "a", "seats": 1, "when": KYC}]},
        {"buckets": [{"name": "a", "seats": 1}, {"name": "b", "seats": 1}]},
        {"buckets": [{"name": "a", "seats": 1, "when": KYC}, {"name": "a", "seats": 1}]},
        {"buckets": [{"name": "unadmitted", "seats": 1}]},
        {"buckets": [{"name": "a", "seats": -1}]},
        {"buckets": [{"name": "Ä", "seats": 1}]},
        {"admit": {}},
        {"admit": {"all": []}},
        {"admit": {"any": []}},
        {"admit": {"all": [KYC], "any": [KYC]}},
        {"admit": {"not": [KYC]}},
        {"admit": {**KYC, "unknown": 1}},
        {"admit": {"topic": "astrology"}},
        {"admit": {**KYC, "max_age": 0}},
        {"admit": where({"in": ["Berlin"]}, "given_name")},
        {"admit": where({"equals": "x"}, "document/number")},
        {"admit": where({})},
        {"admit": where({"in": []})},
        {"admit": where({"in": ["a", "a"]})},
        {"admit": where({"in": ["a"], "equals": "a"})},
        {"admit": where({"equals": None})},
        {"admit": where({"equals": 1.5})},
        {"admit": where({"equals": ["a"]})},
        {"admit": where({"not_in": ["IR"]}, "nationalities/*")},
        {"admit": {"topic": "kyc", "where": {}}},
        {"admit": nested(11)},
        {"admit": {"all": [KYC, {"any": [KYC] * 64}]}},
        {"trust": {}},
        {"trust": {"kyc": []}},
        {"trust": {"kyc": [ISSUER, ISSUER]}},
        {"trust": {"residency": [ISSUER]}},
        {"trust": {"kyc": ["issuer.example"]}},
        {"trust": {"kyc": ["did:key:z6Mk"]}},
        {"trust": {"kyc": [ISSUER], "astrology": [ISSUER]}},
        {"types": {"kyc": ["http://types.example/types/kyc/1"]}},
        {"types": {"kyc": ["https://types.example/types/residency/1"]}},
        {"types": {"kyc": ["https://types.example/types/kyc/1"] * 2}},
        {"since": {"did:web:nobody.example": 1}},
        {"unreachable_grace": 3601},
        {"max_status_age": 61},
        {"max_status_age": 0},
        {"grid_offset": 604_800},
        {"grid_offset": -1},
        {"owner": "somebody"},
    ],
    ids=lambda changed: json.dumps(changed)[:60],
)
def test_what_is_no_policy_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(PolicyRefused):
        parse_policy(json.dumps({**document(KYC), **changed}))


def test_limits_may_be_reached() -> None:
    assert policy(nested(10), holding_limit=str(2**96 - 1), grid_offset=604_799, max_status_age=60).limit == 2**96 - 1
    assert sum(1 for _ in policy({"all": [{"any": [KYC] * 32}] * 2}).asks()) == 64


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"format": "lockstep-policy/1", "format": "lockstep-policy/1"}',
        '{"version": NaN}',
        '{"version": 9007199254740992}',
        '{"a":' * 50 + "1" + "}" * 50,
        '{"a": "' + "x" * 140_000 + '"}',
        b"\xff\xfe",
    ],
    ids=["empty", "list", "cut", "twice", "nan", "large", "deep", "long", "bytes"],
)
def test_what_is_no_strict_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(PolicyRefused):
        parse_policy(text)


def test_a_name_given_twice_inside_a_rule_is_refused() -> None:
    text = json.dumps(document(KYC)).replace('"topic": "kyc"', '"topic": "kyc", "topic": "residency"')
    with pytest.raises(PolicyRefused, match="given twice"):
        parse_policy(text)


def test_a_narrower_catalogue_refuses_what_it_does_not_have() -> None:
    with pytest.raises(PolicyRefused, match="no such topic"):
        parse_policy(json.dumps(document(KYC)), topics={})


@given(st.text(max_size=60), st.binary(max_size=60))
def test_anything_else_is_refused_with_the_same_error(text: str, data: bytes) -> None:
    for anything in (text, data):
        with pytest.raises(PolicyRefused):
            parse_policy(anything)
