"""Events of a block as substrate-interface decodes them, turned into typed events and refusals.

Refusals are read from the raw bytes of the dispatch error: the library finds errors by their place in a list and would
only say "Refused".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from substrateinterface.utils.ss58 import is_valid_ss58_address, ss58_decode

from bridge.errors import InvalidField
from bridge.refusals import Refusal
from bridge.types import TransferOrder
from bridge.wire import wire_fields
from chains.base import ChainEvent, OrderDelivered, OrderInitiated, OrderRefused, OrderRejected, OrderSettled, TxRef
from chains.errors import MalformedAnswer
from chains.substrate.node import as_hex
from chains.substrate.scale import CHAIN
from chains.token_events import KINDS, Event, build

BRIDGE = "Bridge"

OWN_NAMES = frozenset({"Eligibility", "SecurityToken", BRIDGE})

SYSTEM = 0
CALL_FILTERED = 5
"""System.CallFiltered: the runtime's filter stops calls while everything is paused."""

OWN_PALLETS = frozenset({20, 21, 22})
"""Indices of Eligibility, SecurityToken and Bridge in the runtime: only their errors are refusals."""


@dataclass(frozen=True, slots=True)
class Record:
    """One event: which extrinsic caused it (None: the block itself), pallet, name, values by snake_case name."""

    extrinsic: int | None
    pallet: str
    name: str
    values: Any


def records(decoded: object) -> list[Record]:
    """System.Events as the library gives it. MalformedAnswer."""
    if not isinstance(decoded, list):
        raise MalformedAnswer(CHAIN, "System.Events")
    try:
        return [
            Record(
                row["extrinsic_idx"] if row["phase"] == "ApplyExtrinsic" else None,
                row["event"]["module_id"],
                row["event"]["event_id"],
                row["event"]["attributes"],
            )
            for row in decoded
        ]
    except (KeyError, TypeError) as error:
        raise MalformedAnswer(CHAIN, "System.Events") from error


def chain_event(record: Record, at: TxRef) -> ChainEvent | None:
    """The order event in a record, or None. MalformedAnswer."""
    if record.pallet != BRIDGE or not record.name.startswith("Order"):
        return None
    try:
        return _order_event(record.name, record.values, at)
    except (KeyError, TypeError, InvalidField) as error:
        raise MalformedAnswer(CHAIN, f"the event {record.name}") from error


def _order_event(name: str, values: Mapping[str, Any], at: TxRef) -> ChainEvent | None:
    order_id = as_hex(values["order_id"], name)
    nonce = int(values["nonce"])
    match name:
        case "OrderInitiated":
            return OrderInitiated(order_id, TransferOrder.from_mapping(values["order"]), at)
        case "OrderDelivered":
            return OrderDelivered(order_id, as_hex(values["source"], name), nonce, values["decided_at"], at)
        case "OrderRejected":
            outcome, reason, decided_at = values["outcome"], values["reason"], values["decided_at"]
            return OrderRejected(order_id, as_hex(values["source"], name), nonce, outcome, reason, decided_at, at)
        case "OrderRefused":
            return OrderRefused(order_id, as_hex(values["source"], name), nonce, values["code"], at)
        case "OrderSettled":
            return OrderSettled(order_id, as_hex(values["lane"], name), nonce, values["outcome"], values["reason"], at)
        case _:
            return None


def token_event(record: Record) -> Event | None:
    """Any event of the own pallets that is no order's, or None. MalformedAnswer."""
    kind = KINDS.get(record.name) if record.pallet in OWN_NAMES else None
    if kind is None:
        return None
    try:
        accounts = {field.wire_name for field in wire_fields(kind) if field.base == "bytes32"}
        given = {name: _account(value) if name in accounts else value for name, value in record.values.items()}
        return build(kind, given)
    except (AttributeError, TypeError, ValueError, InvalidField) as error:
        raise MalformedAnswer(CHAIN, f"the event {record.name}") from error


def _account(value: Any) -> Any:
    """The library shows an account as SS58 text; everything else of 32 bytes begins with 0x."""
    if isinstance(value, str) and not value.startswith("0x") and is_valid_ss58_address(value):
        return bytes.fromhex(ss58_decode(value))
    return value


@dataclass(frozen=True, slots=True)
class DispatchFailure:
    """Why an included extrinsic failed: a refusal's number, or None and the error as the runtime names it."""

    code: int | None
    detail: str


def dispatch_failure(own: Iterable[Record]) -> DispatchFailure | None:
    """The failure among one extrinsic's events, or None when it succeeded. MalformedAnswer when they say neither."""
    for record in own:
        if record.pallet == "System" and record.name == "ExtrinsicSuccess":
            return None
        if record.pallet == "System" and record.name == "ExtrinsicFailed":
            return _failure(record.values)
    raise MalformedAnswer(CHAIN, "the result of an extrinsic")


def _failure(values: Any) -> DispatchFailure:
    error = values.get("dispatch_error") if isinstance(values, Mapping) else None
    module = error.get("Module") if isinstance(error, Mapping) else None
    if not isinstance(module, Mapping):
        return DispatchFailure(None, str(error))
    raw = as_hex(module.get("error"), "a module error")
    # Error::Refused is variant 0; the byte after it is the refusal's index, numbers start at 1.
    if module.get("index") in OWN_PALLETS and len(raw) == 4 and raw[0] == 0:
        return DispatchFailure(raw[1] + 1, "")
    if module.get("index") == SYSTEM and raw[:1] == bytes([CALL_FILTERED]):
        return DispatchFailure(int(Refusal.Paused), "")
    return DispatchFailure(None, f"pallet {module.get('index')}, error 0x{raw.hex()}")
