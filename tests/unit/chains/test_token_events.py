"""Everything but orders that a chain tells, decoded alike from logs and from records."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import InvalidField
from bridge.types import AssetTerms, Lot
from bridge.wire import wire_fields
from chains.errors import MalformedAnswer
from chains.evm.artifacts import artifact, token
from chains.evm.codec import ERC20_TRANSFER, PAUSE_EVENTS, TokenLogDecoder, event_topic
from chains.substrate.events import Record, token_event
from chains.substrate.scale import to_scale
from chains.token_events import (
    KINDS,
    ControllerSet,
    DocumentUpdated,
    EligibilitySet,
    Event,
    LimitSet,
    LotsMerged,
    Transferred,
    build,
)
from tests.unit.bridge.strategies import structs

B = bytes(range(32))
ADDRESS = bytes(12) + bytes(range(1, 21))
DECODER = TokenLogDecoder.of(artifact("ComplianceBridge"), token())
EVM_KINDS = {name: kind for name, kind in KINDS.items() if kind not in (ControllerSet, Transferred)}


def entry_of(name: str) -> dict[str, Any]:
    """The event as the contracts declare it."""
    contracts = (*artifact("ComplianceBridge").entries("event", name), *token().entries("event", name))
    return next(entry for entry in (*contracts, *PAUSE_EVENTS) if entry["name"] == name)


def log_of(event: Event) -> dict[str, Any]:
    """The log that a contract would emit."""
    entry = entry_of(type(event).__name__)
    values = dict(zip((field.wire_name for field in wire_fields(type(event))), event.to_values(), strict=True))
    values["documentHash"] = values.get("hash")
    topics, plain = [event_topic(entry)], []
    for item in entry["inputs"]:
        value = values[item["name"]]
        if item["type"] == "bool":
            value = bool(value)
        if item["indexed"]:
            topics.append(encode([item["type"]], [value]))
        else:
            plain.append(value)
    types = [collapse_if_tuple(item) for item in entry["inputs"] if not item["indexed"]]
    return {"topics": ["0x" + topic.hex() for topic in topics], "data": "0x" + encode(types, plain).hex()}


def sane(event: Event) -> bool:
    """Whether contracts and pallets can tell such an event: flags are 0 or 1, amounts fit the pallets' u128."""
    given_values = {field.name: getattr(event, field.name) for field in fields(event)}
    small = all(value < 2**127 for value in given_values.values() if isinstance(value, int))
    return given_values.get("frozen", 0) in (0, 1) and small


@pytest.mark.parametrize("name", sorted(EVM_KINDS))
def test_the_contracts_have_every_event_with_these_fields(name: str) -> None:
    names = {item["name"].replace("documentHash", "hash") for item in entry_of(name)["inputs"]}
    wanted = {field.wire_name for field in wire_fields(EVM_KINDS[name])}
    # ERC-1643's own events name no asset: the token that emits them is its.
    assert wanted - names <= {"asset"}


@pytest.mark.parametrize("kind", EVM_KINDS.values(), ids=list(EVM_KINDS))
@settings(max_examples=15)
@given(data=st.data())
def test_a_log_gives_the_event_that_was_told(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(structs(kind).filter(sane))
    asset = getattr(event, "asset", None)
    assert DECODER.decode(log_of(event), asset) == (event,)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
@settings(max_examples=15)
@given(data=st.data())
def test_a_record_gives_the_event_that_was_told(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(structs(kind).filter(sane))
    values = {field.name.rstrip("_"): to_scale(getattr(event, field.name)) for field in wire_fields(kind)}
    # The library shows bytes that are text as text.
    values |= {name: getattr(event, name) for name in values if name == "uri"}
    assert token_event(Record(1, "SecurityToken", kind.__name__, values)) == event


def test_an_erc20_transfer_is_a_move_between_two_accounts() -> None:
    topics = [ERC20_TRANSFER, ADDRESS, ADDRESS[:31] + b"\x09"]
    log = {"topics": ["0x" + topic.hex() for topic in topics], "data": "0x" + (7).to_bytes(32, "big").hex()}
    assert DECODER.decode(log, B) == (Transferred(B, ADDRESS, ADDRESS[:31] + b"\x09", 7),)


@pytest.mark.parametrize("place", [1, 2])
def test_what_is_made_or_ended_is_told_by_its_own_event_and_not_as_a_transfer(place: int) -> None:
    topics = [ERC20_TRANSFER, ADDRESS, ADDRESS]
    topics[place] = bytes(32)
    log = {"topics": ["0x" + topic.hex() for topic in topics], "data": "0x" + (7).to_bytes(32, "big").hex()}
    assert DECODER.decode(log, B) == ()


def renewals(words: list[int]) -> dict[str, Any]:
    """The log of a run of renewals, as ABI text by hand: topic, asset; offset, how many, the words."""
    data = b"".join(word.to_bytes(32, "big") for word in (32, len(words), *words))
    topic = keccak(text="EligibilitiesRenewed(bytes32,uint256[])")
    return {"topics": ["0x" + topic.hex(), "0x" + B.hex()], "data": "0x" + data.hex()}


def test_the_contracts_tell_of_renewals_with_these_fields() -> None:
    inputs = [(item["name"], item["type"], item["indexed"]) for item in entry_of("EligibilitiesRenewed")["inputs"]]
    assert inputs == [("asset", "bytes32", True), ("renewals", "uint256[]", False)]


def test_a_run_of_renewals_is_one_event_for_each_record_in_its_order() -> None:
    # validUntil 2, class 3, permissions 7, sequence 5; investor 0x...0a, then 0x...0b, then the first again.
    high = (2 << 192) | (3 << 176) | (7 << 168) | (5 << 128)
    ana, ben = bytes(31) + b"\x0a", bytes(16) + b"\xff" * 15 + b"\x0b"
    words = [high | 0x0A, high | int.from_bytes(ben, "big"), (high + (1 << 192)) | 0x0A]
    assert DECODER.decode(renewals(words), None) == (
        EligibilitySet(B, ana, high),
        EligibilitySet(B, ben, high),
        EligibilitySet(B, ana, high + (1 << 192)),
    )


@given(st.lists(st.tuples(st.integers(0, 2**128 - 1), st.integers(1, 2**128 - 1)), max_size=100))
def test_renewals_of_any_records_are_read_back(run: list[tuple[int, int]]) -> None:
    told = DECODER.decode(renewals([record << 128 | investor for record, investor in run]), B)
    assert told == tuple(EligibilitySet(B, who.to_bytes(32, "big"), record << 128) for record, who in run)


@pytest.mark.parametrize("cut", [1, 32, 96])
def test_a_run_of_renewals_that_is_cut_off_is_malformed(cut: int) -> None:
    log = renewals([1, 2])
    with pytest.raises(MalformedAnswer):
        DECODER.decode({**log, "data": log["data"][: -2 * cut]}, B)


def test_an_account_may_come_as_ss58_text() -> None:
    values = {"asset": "0x" + B.hex(), "controller": "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"}
    event = token_event(Record(1, "SecurityToken", "ControllerSet", values))
    assert isinstance(event, ControllerSet)
    assert event.controller.hex().startswith("d43593c7")


ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"


@pytest.mark.parametrize("uri", [ALICE, "0x00", "", "https://example.com"])
def test_a_documents_place_is_text_whatever_it_looks_like(uri: str) -> None:
    values = {"asset": "0x" + B.hex(), "name": "0x" + B.hex(), "uri": uri, "hash": "0x" + B.hex()}
    assert token_event(Record(1, "SecurityToken", "DocumentUpdated", values)) == DocumentUpdated(B, B, uri, B)


def test_a_place_that_is_no_text_does_not_make_the_history_unreadable() -> None:
    entry = entry_of("DocumentUpdated")
    data = encode(["bytes", "bytes32"], [b"\xff\xfe", B])
    topics = [event_topic(entry), B]
    log = {"topics": ["0x" + topic.hex() for topic in topics], "data": "0x" + data.hex()}
    (event,) = DECODER.decode(log, B)
    assert isinstance(event, DocumentUpdated)
    assert event.uri == "\ufffd\ufffd"


@pytest.mark.parametrize("values", [{}, None, {"asset": "zz"}, {"asset": "0x00", "investor": "0x00"}])
def test_an_event_that_lacks_something_is_malformed(values: Any) -> None:
    with pytest.raises(MalformedAnswer):
        token_event(Record(1, "SecurityToken", "AccountBound", values))


def test_events_of_other_pallets_are_none() -> None:
    assert token_event(Record(1, "Balances", "Issued", {"amount": 5})) is None


def test_a_room_may_be_negative_and_a_record_fills_its_word() -> None:
    limit = build(LimitSet, {"asset": B, "investor": B, "room": -(2**120), "released": 0})
    assert isinstance(limit, LimitSet)
    assert limit.room == -(2**120)
    record = build(EligibilitySet, {"asset": B, "investor": B, "record": 2**255, "more": 5})
    assert isinstance(record, EligibilitySet)
    with pytest.raises(InvalidField):
        build(EligibilitySet, {"asset": B, "investor": B, "record": 2**256})


def test_structs_inside_events_are_built() -> None:
    lots = [{"amount": 1, "acquired_at": 2, "unlocks_at": 3}]
    event = build(LotsMerged, {"asset": B, "investor": B, "lots": lots, "into": lots[0]})
    assert event == LotsMerged(B, B, (Lot(1, 2, 3),), Lot(1, 2, 3))
    terms = AssetTerms(2, 0, 1, 0, 1, 1, 1, B)
    told = {"asset": "0x" + B.hex(), "terms": to_scale(terms)}
    assert getattr(token_event(Record(1, "SecurityToken", "TermsSet", told)), "terms", None) == terms
