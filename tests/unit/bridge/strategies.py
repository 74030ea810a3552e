"""Hypothesis strategies for the structs of the protocol."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from bridge import types
from bridge.types import Lot, Reason, TransferOrder
from bridge.wire import WireField, WireStruct, integer_range, wire_fields

NOW = 1_000
"""The chain's time in property tests; unlock times are drawn on both sides of it."""

STRUCTS: tuple[type[WireStruct], ...] = (
    types.Lot,
    types.TransferOrder,
    types.InitiateRequest,
    types.Approval,
    types.Rejection,
    types.TransferReceipt,
    types.EligibilityItem,
    types.BindingItem,
    types.QuotaItem,
    types.OracleBatch,
    types.BindingPermit,
    types.SignerSet,
    types.Reason,
    types.AssetTerms,
    types.AssetInfo,
    types.LaneFlow,
)

bytes32 = st.binary(min_size=32, max_size=32)
times = st.integers(1, 2 * NOW)
amounts = st.integers(1, 50)
locked_lots = st.builds(Lot, amounts, st.integers(0, 5), times)
stored_lots = st.lists(locked_lots, max_size=8)
reasons = st.builds(Reason, st.integers(1, 60), *[st.integers(0, 2**256 - 1)] * 3)


def _item(field: WireField) -> st.SearchStrategy[Any]:
    if field.struct is not None:
        return structs(field.struct)
    if field.base == "string":
        return st.text(max_size=20)
    if field.base in ("bytes32", "address"):
        size = 32 if field.base == "bytes32" else 20
        return st.binary(min_size=size, max_size=size)
    low, high = integer_range(field.base)
    return st.integers(low, high) | st.sampled_from([low, high])


def structs(cls: type[WireStruct]) -> st.SearchStrategy[Any]:
    """Any value of a struct that the wire can carry."""
    return st.builds(
        cls,
        **{
            field.name: st.lists(_item(field), max_size=3).map(tuple) if field.is_array else _item(field)
            for field in wire_fields(cls)
        },
    )


any_struct: st.SearchStrategy[WireStruct] = st.sampled_from(STRUCTS).flatmap(structs)


def an_order(nonce: int = 1, lots: tuple[Lot, ...] = (Lot(5, 0, 0),)) -> TransferOrder:
    """A plain order for tests that do not look inside."""
    one, two = b"\x01" * 32, b"\x02" * 32
    return TransferOrder(one, two, nonce, one, 1, one, one, one, two, lots, 0, 100, 200)
