"""Status lists: every entry where it belongs, and nothing hostile unfolds or passes."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.errors import (
    AlgorithmRefused,
    IdentityError,
    IssuerUnknown,
    MalformedStatusList,
    NotInForce,
    SignatureInvalid,
)
from identity.formats.jws import build_jws
from identity.formats.status_list import (
    Status,
    build_status_list_token,
    compress,
    decompress,
    encode_statuses,
    verify_status_list_token,
)
from identity.formats.strict import encode_base64url
from tests.unit.identity.formats.material import ISSUER, ISSUER_KEY, KEYS, NOW, OTHER_KEY

URI = "https://issuer.example/status/1"
LIST = encode_statuses(64, {3: Status.INVALID, 5: Status.SUSPENDED})


def token(**change: Any) -> str:
    payload = {
        "iss": ISSUER,
        "sub": URI,
        "iat": NOW,
        "exp": NOW + 120,
        "ttl": 15,
        "status_list": {"bits": 2, "lst": compress(LIST)},
        **change,
    }
    kept = {name: value for name, value in payload.items() if value is not ...}
    return build_jws({"typ": "statuslist+jwt", "kid": f"{ISSUER}#1"}, kept, ISSUER_KEY)


def test_what_is_signed_is_what_is_read() -> None:
    text = build_status_list_token(URI, ISSUER, LIST, ISSUER_KEY, now=NOW, ttl=15, lifetime=120)
    verified = verify_status_list_token(text, URI, KEYS, NOW)
    assert verified.statuses == LIST
    assert (verified.issuer, verified.issued_at, verified.expires_at, verified.ttl) == (ISSUER, NOW, NOW + 120, 15)


@given(
    st.sampled_from([1, 2, 4, 8]).flatmap(
        lambda bits: st.tuples(
            st.just(bits), st.dictionaries(st.integers(0, 63), st.integers(0, 2**bits - 1), max_size=20)
        )
    )
)
def test_every_entry_stands_where_it_was_put(case: tuple[int, dict[int, int]]) -> None:
    bits, statuses = case
    again = decompress(compress(encode_statuses(64, statuses, bits)), bits)
    assert [again.at(index) for index in range(64)] == [statuses.get(index, 0) for index in range(64)]


@pytest.mark.parametrize("index", [-1, 64, 10**9])
def test_a_place_outside_the_list_is_refused_and_never_valid(index: int) -> None:
    with pytest.raises(MalformedStatusList):
        LIST.at(index)


@pytest.mark.parametrize(
    ("size", "statuses", "bits"), [(64, {64: 1}, 2), (64, {0: 4}, 2), (63, {}, 2), (64, {}, 3), (0, {}, 2)]
)
def test_what_does_not_fit_is_not_encoded(size: int, statuses: dict[int, int], bits: int) -> None:
    with pytest.raises(MalformedStatusList):
        encode_statuses(size, statuses, bits)


def test_a_list_that_unfolds_to_gigabytes_is_refused_without_unfolding() -> None:
    bomb = zlib.compress(bytes(50_000_000), 9)
    with pytest.raises(MalformedStatusList, match="larger"):
        decompress(encode_base64url(bomb), 2)


@pytest.mark.parametrize(
    "lst",
    [
        "",
        "!!!",
        "AAAA",
        encode_base64url(zlib.compress(b"abc")[:-2]),
        encode_base64url(zlib.compress(b"abc") + b"x"),
        encode_base64url(zlib.compress(b"")),
    ],
)
def test_compressed_bytes_that_are_broken_are_refused(lst: str) -> None:
    with pytest.raises(MalformedStatusList):
        decompress(lst, 2)


@pytest.mark.parametrize("bits", [0, 3, 16, "2", None, True])
def test_bits_that_the_specification_does_not_know_are_refused(bits: Any) -> None:
    with pytest.raises(MalformedStatusList):
        decompress(compress(LIST), bits)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"sub": "https://issuer.example/status/2"}, MalformedStatusList),
        ({"sub": ...}, MalformedStatusList),
        ({"iat": ...}, MalformedStatusList),
        ({"iat": NOW + 61}, NotInForce),
        ({"exp": NOW}, NotInForce),
        ({"exp": "never"}, MalformedStatusList),
        ({"ttl": "short"}, MalformedStatusList),
        ({"status_list": ...}, MalformedStatusList),
        ({"status_list": {"bits": 2}}, MalformedStatusList),
        ({"status_list": [1]}, MalformedStatusList),
        ({"iss": "did:web:other.example"}, IssuerUnknown),
        ({"iss": ...}, IssuerUnknown),
    ],
)
def test_a_token_that_breaks_the_specification_is_refused(change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        verify_status_list_token(token(**change), URI, KEYS, NOW)


def test_another_signer_algorithm_or_type_is_refused() -> None:
    payload = {"iss": ISSUER, "sub": URI, "iat": NOW, "status_list": {"bits": 2, "lst": compress(LIST)}}
    header = {"typ": "statuslist+jwt", "kid": f"{ISSUER}#1"}
    for text, error in (
        (build_jws(header, payload, OTHER_KEY), SignatureInvalid),
        (build_jws({**header, "alg": "none"}, payload, ISSUER_KEY), AlgorithmRefused),
        (build_jws({**header, "typ": "dc+sd-jwt"}, payload, ISSUER_KEY), MalformedStatusList),
        ("x" * 2_000_000, MalformedStatusList),
    ):
        with pytest.raises(error):
            verify_status_list_token(text, URI, KEYS, NOW)


@given(st.text(max_size=60))
def test_any_text_is_a_typed_error(text: str) -> None:
    with pytest.raises(IdentityError):
        verify_status_list_token(text, URI, KEYS, NOW)
