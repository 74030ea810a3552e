"""Structs refuse what the wire cannot carry and come back unchanged from every form."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import InvalidField
from bridge.types import EligibilityItem, Lot, Permission, Reason, TransferOrder
from bridge.wire import WireStruct, abi_type, integer_range, wire_fields
from tests.unit.bridge.strategies import STRUCTS, an_order, any_struct


@given(any_struct)
def test_values_and_messages_are_round_trips(struct: WireStruct) -> None:
    assert type(struct).from_values(struct.to_values()) == struct
    assert type(struct).from_mapping(struct.to_message()) == struct


@given(any_struct, st.data())
def test_one_step_out_of_range_is_refused(struct: WireStruct, data: st.DataObject) -> None:
    numbers = [field for field in wire_fields(type(struct)) if field.base[:3] in ("uin", "int") and not field.is_array]
    if not numbers:
        return
    field = data.draw(st.sampled_from(numbers))
    low, high = integer_range(field.base)
    for value in (low - 1, high + 1):
        with pytest.raises(InvalidField) as refused:
            dataclasses.replace(struct, **{field.name: value})  # type: ignore[type-var]
        assert (refused.value.field, refused.value.value) == (field.name, value)


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_what_is_no_integer_is_no_amount(value: Any) -> None:
    with pytest.raises(InvalidField):
        Lot(value, 0, 0)


@pytest.mark.parametrize("value", [b"", bytes(31), bytes(33), "0x" + "00" * 32, None])
def test_an_id_is_exactly_32_bytes(value: Any) -> None:
    with pytest.raises(InvalidField):
        dataclasses.replace(an_order(), asset=value)


@pytest.mark.parametrize("value", [[Lot(1, 0, 0)], (1,), None])
def test_lots_are_a_tuple_of_lots(value: Any) -> None:
    with pytest.raises(InvalidField):
        dataclasses.replace(an_order(), lots=value)


@pytest.mark.parametrize("cls", STRUCTS)
def test_structs_cannot_be_changed(cls: type[WireStruct]) -> None:
    assert cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__dict__" not in dir(cls)


def test_a_mapping_may_use_either_spelling_and_hex_text() -> None:
    item = {"asset": "0x" + "01" * 32, "investor": "0x" + "02" * 32, "valid_until": 3, "class": 4}
    camel = {"asset": b"\x01" * 32, "investor": b"\x02" * 32, "validUntil": 3, "class_": 4}
    rest = {"permissions": Permission.SEND, "limitDelta": -5}
    assert EligibilityItem.from_mapping(item | rest) == EligibilityItem.from_mapping(camel | rest)


@pytest.mark.parametrize(
    "mapping",
    [{"amount": 1, "acquiredAt": 0}, {"amount": 1, "acquiredAt": 0, "unlocksAt": 0, "free": True}, {"amount": "1"}],
)
def test_a_mapping_with_missing_or_unknown_names_is_refused(mapping: dict[str, Any]) -> None:
    with pytest.raises(InvalidField):
        Lot.from_mapping(mapping)


@pytest.mark.parametrize("text", ["01" * 32, "0x" + "zz" * 32, "0x01"])
def test_text_that_is_no_32_bytes_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        TransferOrder.from_mapping(an_order().to_message() | {"asset": text})


@pytest.mark.parametrize("lots", [5, "lots", [5], [[1, 2]]])
def test_nested_values_that_are_no_structs_are_refused(lots: Any) -> None:
    with pytest.raises(InvalidField):
        TransferOrder.from_mapping(an_order().to_message() | {"lots": lots})


def test_too_few_values_are_refused() -> None:
    with pytest.raises(InvalidField):
        Lot.from_values((1, 2))


def test_the_abi_type_follows_the_declaration() -> None:
    assert abi_type(Reason) == "(uint16,uint256,uint256,uint256)"
    assert "(uint128,uint64,uint64)[]" in abi_type(TransferOrder)


def test_the_amount_of_an_order_is_the_sum_of_its_lots() -> None:
    order = an_order(lots=(Lot(5, 0, 0), Lot(7, 1, 2)))
    assert order.amount == 12
    assert order.is_own_move
    assert not dataclasses.replace(order, to_investor=b"\x09" * 32).is_own_move
