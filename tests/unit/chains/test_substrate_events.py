"""Events and failures as the library decodes them."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.digests import digest_order
from bridge.refusals import Refusal
from bridge.types import Lot, TransferOrder
from chains.base import (
    BlockRef,
    OrderDelivered,
    OrderInitiated,
    OrderRefused,
    OrderRejected,
    OrderSettled,
    TxRef,
)
from chains.errors import MalformedAnswer
from chains.substrate.events import Record, chain_event, dispatch_failure, records
from chains.substrate.scale import to_scale

AT = TxRef("substrate", "0x00", BlockRef(1, bytes(32), 0), 1)
ID = bytes(range(32))
HEX = "0x" + ID.hex()
ORDER = TransferOrder(ID, ID, 3, ID, 1, ID, ID, ID, ID, (Lot(1, 0, 0), Lot(2, 3, 4)), 0, 5, 6)


def bridge_event(name: str, **values: Any) -> Any:
    return chain_event(Record(1, "Bridge", name, values), AT)


def test_each_order_event_is_read() -> None:
    initiated = bridge_event("OrderInitiated", order_id=HEX, lane=HEX, nonce=3, order=to_scale(ORDER))
    assert initiated == OrderInitiated(ID, ORDER, AT)
    assert digest_order(initiated.order) == digest_order(ORDER)
    delivered = bridge_event("OrderDelivered", order_id=HEX, source=HEX, nonce=3, decided_at=9)
    assert delivered == OrderDelivered(ID, ID, 3, 9, AT)
    rejected = bridge_event("OrderRejected", order_id=HEX, source=HEX, nonce=3, outcome=3, reason=21, decided_at=9)
    assert rejected == OrderRejected(ID, ID, 3, 3, 21, 9, AT)
    refused = bridge_event("OrderRefused", order_id=HEX, source=HEX, nonce=3, code=22)
    assert refused == OrderRefused(ID, ID, 3, 22, AT)
    settled = bridge_event("OrderSettled", order_id=HEX, lane=HEX, nonce=3, outcome=1, reason=0)
    assert settled == OrderSettled(ID, ID, 3, 1, 0, AT)


def test_events_about_anything_else_are_none() -> None:
    assert chain_event(Record(1, "Balances", "OrderDelivered", {}), AT) is None
    assert bridge_event("LaneOpened", lane=HEX) is None


@pytest.mark.parametrize(
    "values",
    [{}, {"order_id": "zz", "nonce": 1}, {"order_id": HEX, "nonce": 1}, {"order_id": 5, "nonce": 1}, None],
)
def test_an_order_event_that_lacks_something_is_malformed(values: Any) -> None:
    with pytest.raises(MalformedAnswer):
        chain_event(Record(1, "Bridge", "OrderDelivered", values), AT)


def failed(error: Any) -> list[Record]:
    return [Record(1, "System", "ExtrinsicFailed", {"dispatch_error": error, "dispatch_info": {}})]


@pytest.mark.parametrize("pallet", [20, 21, 22])
@pytest.mark.parametrize("refusal", [Refusal.Paused, Refusal.OrderConsumed, Refusal.OverAuthorisedIssue])
def test_the_refusal_is_byte_one_of_the_module_error_plus_one(pallet: int, refusal: Refusal) -> None:
    failure = dispatch_failure(failed({"Module": {"index": pallet, "error": f"0x00{refusal - 1:02x}0000"}}))
    assert failure is not None
    assert failure.code == refusal


@pytest.mark.parametrize(
    "error",
    [
        "BadOrigin",
        {"Token": "FundsUnavailable"},
        {"Module": {"index": 4, "error": "0x02000000"}},
        {"Module": {"index": 22, "error": "0x01000000"}},
        None,
    ],
)
def test_any_other_failure_is_told_and_is_no_refusal(error: Any) -> None:
    failure = dispatch_failure(failed(error))
    assert failure is not None
    assert failure.code is None
    assert failure.detail


def test_a_success_is_no_failure_and_silence_is_an_error() -> None:
    assert dispatch_failure([Record(1, "System", "ExtrinsicSuccess", {})]) is None
    with pytest.raises(MalformedAnswer):
        dispatch_failure([Record(1, "Bridge", "OrderDelivered", {})])


def test_records_know_their_extrinsic() -> None:
    def row(phase: str, index: int | None) -> dict[str, Any]:
        event = {"module_id": "System", "event_id": "ExtrinsicSuccess", "attributes": {}}
        return {"phase": phase, "extrinsic_idx": index, "event": event}

    found = records([row("Initialization", None), row("ApplyExtrinsic", 2)])
    assert [record.extrinsic for record in found] == [None, 2]
    for strange in (None, [{}], [None], {}):
        with pytest.raises(MalformedAnswer):
            records(strange)
