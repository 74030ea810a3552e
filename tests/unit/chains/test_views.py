"""The one codec of reads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple
from hypothesis import given
from hypothesis import strategies as st

from bridge.refusals import Refusal
from bridge.types import AssetInfo, AssetTerms, LaneFlow, Lot, Reason
from chains.errors import MalformedAnswer
from chains.evm.artifacts import artifact
from chains.views import FUNCTIONS, SELECTORS, Views
from tests.unit.bridge.strategies import structs

B = bytes(range(32))


class Canned:
    """Answers with given bytes and remembers what was asked."""

    chain = "test"

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked = b""

    def call(self, data: bytes) -> bytes:
        self.asked = data
        return self.answer


def views(name: str, *values: Any) -> Views:
    return Views(Canned(encode(FUNCTIONS[name][1], values)))


def test_every_function_is_that_of_the_committed_interface() -> None:
    theirs = {
        entry["name"]: (
            tuple(collapse_if_tuple(item) for item in entry["inputs"]),
            tuple(collapse_if_tuple(item) for item in entry["outputs"]),
        )
        for entry in artifact("ILockstepViews").abi
        if entry["type"] == "function"
    }
    assert theirs == FUNCTIONS


READS: dict[str, Callable[[Views], object]] = {
    "identity": lambda one: one.identity(),
    "clock": lambda one: one.clock(),
    "signerSet": lambda one: one.signer_set(1),
    "assetInfo": lambda one: one.asset_info(B),
    "supplyOf": lambda one: one.supply_of(B),
    "accountOf": lambda one: one.account_of(B, B),
    "positionOf": lambda one: one.position_of(B, B),
    "eligibilityOf": lambda one: one.eligibility_of(B, B),
    "quotaOf": lambda one: one.quota_of(B, 1),
    "laneInfo": lambda one: one.lane_info(B),
    "orderAt": lambda one: one.order_at(B, 1),
    "outcomeOf": lambda one: one.outcome_of(B, 1),
    "explainTransfer": lambda one: one.explain_transfer(B, B, B, 1),
}


@pytest.mark.parametrize("name", sorted(READS))
@pytest.mark.parametrize("answer", [b"", b"\x00", b"\xff" * 31])
def test_an_empty_or_short_answer_is_an_error_and_never_zero(name: str, answer: bytes) -> None:
    transport = Canned(answer)
    with pytest.raises(MalformedAnswer):
        READS[name](Views(transport))
    assert transport.asked[:4] == SELECTORS[name]


@given(st.sampled_from(sorted(READS)), st.binary(max_size=512))
def test_any_bytes_give_a_value_or_malformed_answer(name: str, answer: bytes) -> None:
    with suppress(MalformedAnswer):
        READS[name](Views(Canned(answer)))


@given(structs(AssetInfo))
def test_an_asset_comes_back_as_it_was_encoded(info: AssetInfo) -> None:
    found = views("assetInfo", info.to_values()).asset_info(B)
    assert found == (info if any(info.home_domain) else None)


def test_a_position_keeps_its_lots_in_order() -> None:
    position = views("positionOf", 5, 6, [(1, 2, 3), (4, 5, 6)], 1, 2, 1).position_of(B, B)
    assert position.lots == (Lot(1, 2, 3), Lot(4, 5, 6))
    assert (position.free, position.in_flight, position.reserved_lots, position.orders, position.flags) == (
        5,
        6,
        1,
        2,
        1,
    )


def test_supply_has_one_flow_per_lane() -> None:
    supply = views("supplyOf", 1, 2, 3, [(B, 4, 5, 6)]).supply_of(B)
    assert supply.lanes == (LaneFlow(B, 4, 5, 6),)


def test_signers_come_as_addresses_of_twenty_bytes() -> None:
    view = views("signerSet", 3, 2, ["0x" + "11" * 20, "0x" + "22" * 20], 2, 99).signer_set(1)
    assert (view.current.id, view.current.signers) == (3, (b"\x11" * 20, b"\x22" * 20))
    assert (view.previous_id, view.grace_ends) == (2, 99)


def test_a_quota_may_be_negative() -> None:
    assert views("quotaOf", -5, 2).quota_of(B, 1).quota == -5


def test_no_order_in_flight_is_none_and_not_thirty_two_zero_bytes() -> None:
    assert views("orderAt", bytes(32)).order_at(B, 1) is None
    assert views("orderAt", B).order_at(B, 1) == B


def test_reasons_come_with_their_values() -> None:
    rows = [(13, 1, 2**256 - 1, 0), (21, 7, 0, 0)]
    reasons = views("explainTransfer", 1 << 13 | 1 << 21, rows).explain_transfer(B, B, B, 1)
    assert reasons == (Reason(Refusal.InsufficientBalance, 1, 2**256 - 1), Reason(Refusal.DeadlinePassed, 7))


@pytest.mark.parametrize(("bits", "rows"), [(1 << 13, []), (0, [(13, 0, 0, 0)]), (1 << 12, [(13, 0, 0, 0)])])
def test_a_set_that_contradicts_its_list_is_an_error(bits: int, rows: list[tuple[int, int, int, int]]) -> None:
    with pytest.raises(MalformedAnswer):
        views("explainTransfer", bits, rows).explain_transfer(B, B, B, 1)


def test_terms_are_in_the_order_of_the_interface() -> None:
    terms = AssetTerms(1, 2, 1, 3, 4, 5, 6, B)
    info = AssetInfo(B, B, B, terms, 3, "Acme", "ACM")
    assert views("assetInfo", info.to_values()).asset_info(B) == info
