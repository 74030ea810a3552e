"""Digests and ABI bytes of every signed struct equal the vectors."""

from __future__ import annotations

from typing import Any

import pytest

from bridge import digests
from bridge.abi import decode_struct, encode_struct
from bridge.types import (
    Approval,
    BindingItem,
    BindingPermit,
    EligibilityItem,
    OracleBatch,
    QuotaItem,
    Rejection,
    SignerSet,
    TransferOrder,
    TransferReceipt,
)
from bridge.wire import WireStruct, wire_fields, wire_structs
from tests.parity.vectors import Case, bytes_of, cases, lots_of, named

STRUCTS: dict[str, type[WireStruct]] = {
    "approval": Approval,
    "rejection": Rejection,
    "receipt": TransferReceipt,
    "permit": BindingPermit,
    "signerSet": SignerSet,
}


def _value(kind: str, raw: Any) -> Any:
    if isinstance(raw, list):
        return tuple(_value(kind, item) for item in raw)
    return bytes_of(raw) if kind in ("bytes32", "address") else int(raw)


def _flat(cls: type[WireStruct], case: Case) -> WireStruct:
    return cls(**{field.name: _value(field.base, case[field.wire_name]) for field in wire_fields(cls)})


def _order(case: Case) -> TransferOrder:
    plain = {
        field.name: _value(field.base, case[field.wire_name])
        for field in wire_fields(TransferOrder)
        if field.name != "lots"
    }
    return TransferOrder(lots=lots_of(case, "lot"), **plain)


def _items(cls: type[WireStruct], case: Case, *columns: str) -> tuple[Any, ...]:
    rows = zip(*(case[column] for column in columns), strict=True)
    return tuple(
        cls(*(_value(field.base, raw) for field, raw in zip(wire_fields(cls), row, strict=True))) for row in rows
    )


def _batch(case: Case) -> OracleBatch:
    eligibility = ("Assets", "Investors", "ValidUntil", "Classes", "Permissions", "LimitDeltas")
    return OracleBatch(
        int(case["number"]),
        int(case["issuedAt"]),
        _items(EligibilityItem, case, *(f"eligibility{column}" for column in eligibility)),
        _items(BindingItem, case, "bindingAssets", "bindingAccounts", "bindingInvestors"),
        _items(QuotaItem, case, "quotaAssets", "quotaClasses", "quotaDeltas"),
    )


def _check(struct: WireStruct, case: Case) -> None:
    assert digests.typed_digest(struct, bytes_of(case["domain"])) == bytes_of(case["digest"])
    assert encode_struct(struct) == bytes_of(case["abi"])
    assert decode_struct(type(struct), bytes_of(case["abi"])) == struct


@pytest.mark.parametrize("case", cases("digests", "typeHash"), ids=named)
def test_type_strings_equal_the_vectors(case: Case) -> None:
    everything = (TransferOrder, OracleBatch, *STRUCTS.values())
    structs = {inner.__name__: inner for outer in everything for inner in wire_structs(outer)}
    own, *inner = (
        f"{struct.__name__}({','.join(f'{field.wire_type} {field.wire_name}' for field in wire_fields(struct))})"
        for struct in wire_structs(structs[case["name"]])
    )
    assert own + "".join(sorted(inner)) == case["text"]


@pytest.mark.parametrize("case", cases("digests", "order"), ids=named)
def test_orders_equal_the_vectors(case: Case) -> None:
    order = _order(case)
    _check(order, case)
    assert digests.digest_order(order) == digests.order_id(order) == bytes_of(case["digest"])


@pytest.mark.parametrize("case", cases("digests", "batch"), ids=named)
def test_batches_equal_the_vectors(case: Case) -> None:
    _check(_batch(case), case)


@pytest.mark.parametrize(
    ("section", "case"), [(section, case) for section in STRUCTS for case in cases("digests", section)]
)
def test_flat_structs_equal_the_vectors(section: str, case: Case) -> None:
    _check(_flat(STRUCTS[section], case), case)
