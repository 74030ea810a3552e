"""ABI bytes: a round trip is the identity, and decoding anything else is a typed error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.abi import MAX_STRUCT_BYTES, decode_struct, encode_struct
from bridge.errors import MalformedBytes
from bridge.types import AssetInfo, Lot, OracleBatch, TransferOrder
from bridge.wire import WireStruct
from tests.unit.bridge.strategies import STRUCTS, an_order, any_struct


@given(any_struct)
def test_a_round_trip_is_the_identity(struct: WireStruct) -> None:
    assert decode_struct(type(struct), encode_struct(struct)) == struct


@given(st.sampled_from(STRUCTS), st.binary(max_size=700))
def test_any_bytes_give_the_struct_they_encode_or_a_typed_error(cls: type[WireStruct], data: bytes) -> None:
    try:
        struct = decode_struct(cls, data)
    except MalformedBytes:
        return
    assert encode_struct(struct) == data


@settings(max_examples=300)
@given(any_struct, st.data())
def test_one_changed_byte_never_gives_the_same_struct(struct: WireStruct, data: st.DataObject) -> None:
    encoded = bytearray(encode_struct(struct))
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] ^= data.draw(st.integers(1, 255))
    try:
        changed = decode_struct(type(struct), bytes(encoded))
    except MalformedBytes:
        return
    assert changed != struct


@given(any_struct, st.data())
def test_truncated_bytes_are_refused(struct: WireStruct, data: st.DataObject) -> None:
    encoded = encode_struct(struct)
    with pytest.raises(MalformedBytes):
        decode_struct(type(struct), encoded[: data.draw(st.integers(0, len(encoded) - 1))])


@given(any_struct, st.binary(min_size=1, max_size=64))
def test_bytes_at_the_end_are_refused(struct: WireStruct, tail: bytes) -> None:
    with pytest.raises(MalformedBytes):
        decode_struct(type(struct), encode_struct(struct) + tail)


def test_a_redirected_offset_is_refused() -> None:
    order = encode_struct(an_order(lots=()))
    # The lots' offset moved one word on, to a second empty list: a decoder that follows offsets accepts it.
    offset = (32 * 13).to_bytes(32, "big")
    assert order.count(offset) == 1
    redirected = order.replace(offset, (32 * 14).to_bytes(32, "big")) + bytes(32)
    with pytest.raises(MalformedBytes):
        decode_struct(TransferOrder, redirected)


def test_a_claimed_length_of_billions_is_refused_without_reading_on() -> None:
    huge = encode_struct(an_order(lots=()))[:-32] + (2**40).to_bytes(32, "big")
    with pytest.raises(MalformedBytes):
        decode_struct(TransferOrder, huge)


def test_too_many_bytes_are_refused_before_they_are_read() -> None:
    with pytest.raises(MalformedBytes, match=str(MAX_STRUCT_BYTES)):
        decode_struct(OracleBatch, bytes(MAX_STRUCT_BYTES + 1))


def test_text_that_is_not_utf8_is_refused() -> None:
    info = AssetInfo.from_values((bytes(32),) * 3 + ((0,) * 7 + (bytes(32),), 0, "abc", ""))
    with pytest.raises(MalformedBytes):
        decode_struct(AssetInfo, encode_struct(info).replace(b"abc", b"\xff\xfe\xfd"))


def test_a_value_out_of_range_is_refused() -> None:
    lot = encode_struct(Lot(1, 2, 3))
    with pytest.raises(MalformedBytes):
        decode_struct(Lot, b"\x01" + lot[1:])
