"""SCALE by hand, and structs for the library."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scalecodec.base import RuntimeConfigurationObject, ScaleBytes
from scalecodec.type_registry import load_type_registry_preset

from bridge.types import EligibilityItem, Lot
from chains.errors import MalformedAnswer
from chains.substrate.scale import decode_optional_vec, decode_vec, encode_vec, to_scale


@pytest.fixture(scope="module")
def registry() -> RuntimeConfigurationObject:
    made = RuntimeConfigurationObject()
    made.update_type_registry(load_type_registry_preset("core"))
    return made


@pytest.mark.parametrize("size", [0, 1, 63, 64, 16_383, 16_384, 70_000])
def test_a_byte_vector_is_encoded_as_the_library_does(registry: RuntimeConfigurationObject, size: int) -> None:
    data = bytes(size)
    theirs = registry.create_scale_object("Bytes")
    assert encode_vec(data) == bytes(theirs.encode("0x" + data.hex()).data)
    assert decode_vec(encode_vec(data)) == data


@given(st.binary(max_size=300))
def test_any_bytes_are_a_vector_or_malformed(data: bytes) -> None:
    with suppress(MalformedAnswer):
        assert decode_vec(data) == data[-len(decode_vec(data)) or len(data) :]


@pytest.mark.parametrize("data", [b"", b"\x04", b"\x04ab", b"\x03", b"\x01", b"\x02\x00"])
def test_a_vector_with_too_few_or_too_many_bytes_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        decode_vec(data)


def test_an_optional_vector_tells_none_from_empty() -> None:
    assert decode_optional_vec(b"\x00") is None
    assert decode_optional_vec(b"\x01\x00") == b""
    for data in (b"", b"\x02\x00", b"\x00\x00", b"\x01"):
        with pytest.raises(MalformedAnswer):
            decode_optional_vec(data)


def test_structs_become_dictionaries_with_the_pallets_names() -> None:
    item = EligibilityItem(bytes(32), bytes(32), 5, 6, 7, -8)
    assert to_scale(item) == {
        "asset": "0x" + "00" * 32,
        "investor": "0x" + "00" * 32,
        "valid_until": 5,
        "class": 6,
        "permissions": 7,
        "limit_delta": -8,
    }


def test_text_and_bytes_are_hex_so_that_they_are_never_misread() -> None:
    assert to_scale(("0xab", b"\xab", Lot(1, 2, 3))) == [
        "0x30786162",
        "0xab",
        {"amount": 1, "acquired_at": 2, "unlocks_at": 3},
    ]


def test_the_library_encodes_negative_deltas(registry: RuntimeConfigurationObject) -> None:
    assert bytes(registry.create_scale_object("i128").encode(-5).data) == (-5).to_bytes(16, "little", signed=True)
    decoded = registry.create_scale_object("i64", ScaleBytes("0xfbffffffffffffff")).decode()
    assert decoded == -5
