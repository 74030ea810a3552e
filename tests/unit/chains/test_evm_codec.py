"""Logs and revert data of the committed contracts."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from bridge.refusals import Refusal, value_names
from bridge.types import Lot, Reason, TransferOrder
from chains.base import BlockRef, OrderDelivered, OrderInitiated, OrderRefused, OrderRejected, OrderSettled, TxRef
from chains.errors import MalformedAnswer, RpcError
from chains.evm.artifacts import artifact
from chains.evm.codec import ERRORS, ORDER_EVENTS, LogDecoder, event_topic, refused_from_revert
from chains.evm.transactions import refusal_in

AT = TxRef("evm", "0x00", BlockRef(1, bytes(32), 0), 1)
ID = bytes(range(32))
ORDER = TransferOrder(ID, ID, 3, ID, 1, ID, ID, ID, ID, (Lot(1, 0, 0), Lot(2, 3, 4)), 0, 5, 6)
BRIDGE = artifact("ComplianceBridge")
DECODER = LogDecoder.of(BRIDGE)


def test_every_refusal_has_its_custom_error_in_the_contracts() -> None:
    declared = {
        keccak(text=f"{entry['name']}({','.join(item['type'] for item in entry['inputs'])})")[:4]
        for name in ("ComplianceBridge", "SecurityToken", "ComplianceLens")
        for entry in artifact(name).abi
        if entry["type"] == "error" and entry["name"] in Refusal.__members__
    }
    assert declared <= set(ERRORS)
    assert len(declared) > 40


@pytest.mark.parametrize("refusal", list(Refusal))
def test_revert_data_gives_the_refusal_with_its_values(refusal: Refusal) -> None:
    count = len(value_names(refusal))
    selector = next(key for key, value in ERRORS.items() if value is refusal)
    data = selector + b"".join(value.to_bytes(32, "big") for value in range(1, count + 1))
    refused = refused_from_revert(data)
    assert refused is not None
    assert refused.reasons == (Reason(refusal, *range(1, count + 1)),)
    assert refused_from_revert(data + b"\x00") is None
    assert refused_from_revert(data[:-1]) is None


@given(st.binary(max_size=200))
def test_any_revert_data_is_a_refusal_or_none(data: bytes) -> None:
    found = refused_from_revert(data)
    assert found is None or found.lowest.code in {int(refusal) for refusal in Refusal}


@pytest.mark.parametrize("wrapped", [False, True])
def test_nodes_may_wrap_the_revert_data(wrapped: bool) -> None:
    data = "0x" + keccak(text="AmountZero()")[:4].hex()
    error = RpcError("evm", "eth_call", 3, "execution reverted", {"data": data} if wrapped else data)
    refused = refusal_in(error)
    assert refused is not None
    assert refused.lowest.code == Refusal.AmountZero


@pytest.mark.parametrize("data", [None, "", "0x", 5, {}, {"data": None}, "0x08c379a0"])
def test_an_error_of_another_kind_is_no_refusal(data: object) -> None:
    assert refusal_in(RpcError("evm", "eth_call", 3, "execution reverted", data)) is None


def log(name: str, **values: Any) -> dict[str, Any]:
    entry = BRIDGE.entry("event", name)
    topics = [event_topic(entry)]
    plain: list[Any] = []
    for item in entry["inputs"]:
        if item["indexed"]:
            topics.append(encode([item["type"]], [values[item["name"]]]))
        else:
            plain.append(values[item["name"]])
    types = [collapse_if_tuple(item) for item in entry["inputs"] if not item["indexed"]]
    return {"topics": ["0x" + topic.hex() for topic in topics], "data": "0x" + encode(types, plain).hex()}


def test_each_order_event_is_read() -> None:
    place = {"orderId": ID, "nonce": 3}
    initiated = log("OrderInitiated", **place, lane=ID, order=ORDER.to_values())
    assert DECODER.decode(initiated, AT) == OrderInitiated(ID, ORDER, AT)
    delivered = log("OrderDelivered", **place, source=ID, decidedAt=9)
    assert DECODER.decode(delivered, AT) == OrderDelivered(ID, ID, 3, 9, AT)
    rejected = log("OrderRejected", **place, source=ID, outcome=3, reason=21, decidedAt=9)
    assert DECODER.decode(rejected, AT) == OrderRejected(ID, ID, 3, 3, 21, 9, AT)
    refused = log("OrderRefused", **place, source=ID, code=22)
    assert DECODER.decode(refused, AT) == OrderRefused(ID, ID, 3, 22, AT)
    settled = log("OrderSettled", **place, lane=ID, outcome=1, reason=0)
    assert DECODER.decode(settled, AT) == OrderSettled(ID, ID, 3, 1, 0, AT)


def test_a_log_about_anything_else_is_none() -> None:
    assert DECODER.decode({"topics": ["0x" + "11" * 32], "data": "0x"}, AT) is None
    assert DECODER.decode({"topics": [], "data": "0x"}, AT) is None


@pytest.mark.parametrize("name", ORDER_EVENTS)
def test_an_order_event_without_its_values_is_malformed(name: str) -> None:
    topic = "0x" + event_topic(BRIDGE.entry("event", name)).hex()
    with pytest.raises(MalformedAnswer):
        DECODER.decode({"topics": [topic], "data": "0x"}, AT)
    with pytest.raises(MalformedAnswer):
        DECODER.decode({"topics": [topic, *["0x" + "00" * 32] * 3], "data": "0x1234"}, AT)
