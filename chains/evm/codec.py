"""Logs and revert data of the contracts as typed events and refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from bridge.errors import InvalidField
from bridge.refusals import Refusal, Refused, value_names
from bridge.types import Reason, TransferOrder
from chains.base import ChainEvent, OrderDelivered, OrderInitiated, OrderRefused, OrderRejected, OrderSettled, TxRef
from chains.errors import MalformedAnswer
from chains.evm.artifacts import Artifact
from chains.evm.rpc import CHAIN, as_bytes
from chains.token_events import KINDS, EligibilitySet, Event, Transferred, build

ZERO12 = bytes(12)

ORDER_EVENTS = ("OrderInitiated", "OrderDelivered", "OrderRejected", "OrderRefused", "OrderSettled")
ERC20_TRANSFER = keccak(text="Transfer(address,address,uint256)")
RENEWED = keccak(text="EligibilitiesRenewed(bytes32,uint256[])")
LOW_HALF = 2**128 - 1


PAUSE_EVENTS = tuple(
    {
        "type": "event",
        "name": name,
        "inputs": [
            {"name": "scope", "type": "bytes32", "indexed": False},
            {"name": "bits", "type": "uint8", "indexed": False},
        ],
    }
    for name in ("Paused", "Resumed")
)
"""Not in the bridge's ABI: an event and an error of one name can't share a contract's scope."""


def _error_selectors() -> dict[bytes, Refusal]:
    # Derived from the one table of refusals, so that a rule added there is understood here at once.
    def selector(refusal: Refusal) -> bytes:
        return keccak(text=f"{refusal.name}({','.join(['uint256'] * len(value_names(refusal)))})")[:4]

    return {selector(refusal): refusal for refusal in Refusal}


ERRORS = _error_selectors()


def refused_from_revert(data: bytes) -> Refused | None:
    """The refusal that revert data carries, or None when it is no error of the protocol."""
    refusal = ERRORS.get(data[:4])
    if refusal is None:
        return None
    count = len(value_names(refusal))
    if len(data) != 4 + 32 * count:
        return None
    values = [int.from_bytes(data[4 + 32 * place : 36 + 32 * place], "big") for place in range(count)]
    return Refused((Reason(int(refusal), *values),))


@dataclass(frozen=True, slots=True)
class LogDecoder:
    """Decodes the order events of one bridge."""

    topics: Mapping[bytes, dict[str, Any]]

    @classmethod
    def of(cls, bridge: Artifact) -> LogDecoder:
        """By the ABI in the bridge's artifact."""
        entries = (bridge.entry("event", name) for name in ORDER_EVENTS)
        return cls({event_topic(entry): entry for entry in entries})

    def decode(self, log: Mapping[str, Any], at: TxRef) -> ChainEvent | None:
        """The event in a log, or None for one that tells nothing about an order. MalformedAnswer."""
        topics = [as_bytes(topic, "a log's topic") for topic in log.get("topics", ())]
        entry = self.topics.get(topics[0]) if topics else None
        if entry is None:
            return None
        values = decode_log(entry, topics, as_bytes(log.get("data"), "a log's data"))
        return _event(str(entry["name"]), values, at)


@dataclass(frozen=True, slots=True)
class TokenLogDecoder:
    """Decodes everything but orders' events, of a bridge and of its tokens."""

    topics: Mapping[bytes, dict[str, Any]]

    @classmethod
    def of(cls, *contracts: Artifact) -> TokenLogDecoder:
        """By the ABIs of the contracts."""
        entries = (entry for contract in contracts for name in KINDS for entry in contract.entries("event", name))
        tokens = contracts[-1]
        others = (entry for name in ("Transfer", "EligibilitiesRenewed") for entry in tokens.entries("event", name))
        return cls({event_topic(entry): entry for entry in (*entries, *others, *PAUSE_EVENTS)})

    def decode(self, log: Mapping[str, Any], asset: bytes | None) -> tuple[Event, ...]:
        """What a log tells, in order: mostly one event; a run of renewals is one for each record; none for a log that is not
        known here. `asset`: whose token emitted it. MalformedAnswer."""
        topics = [as_bytes(topic, "a log's topic") for topic in log.get("topics", ())]
        entry = self.topics.get(topics[0]) if topics else None
        if entry is None:
            return ()
        values = decode_log(entry, topics, as_bytes(log.get("data"), "a log's data"))
        values |= {
            item["name"]: ZERO12 + bytes.fromhex(values[item["name"]][2:])
            for item in entry["inputs"]
            if item["type"] == "address" and item["name"] != "signer"
        }
        if asset is not None:
            values.setdefault("asset", asset)
        if "documentHash" in values:
            # ERC-1643's own name for it.
            values["hash"] = values["documentHash"]
        try:
            if (several := SPECIAL.get(topics[0])) is not None:
                return several(values)
            return (build(KINDS[entry["name"]], values),)
        except InvalidField as error:
            raise MalformedAnswer(CHAIN, f"the event {entry['name']}") from error


def _transferred(values: Mapping[str, Any]) -> tuple[Event, ...]:
    """An ERC-20 Transfer between two accounts; one from or to nobody is told by the event of what caused it."""
    if not any(values["from"]) or not any(values["to"]):
        return ()
    return (build(Transferred, {**values, "amount": values["value"]}),)


def _renewed(values: Mapping[str, Any]) -> tuple[Event, ...]:
    """One EligibilitySet for each word of a run of renewals: the record in the high half, whose low half is zero, and the
    investor in the low one."""
    asset = bytes(values["asset"])
    return tuple(
        EligibilitySet(asset, (word & LOW_HALF).to_bytes(32, "big"), word & ~LOW_HALF) for word in values["renewals"]
    )


SPECIAL: Mapping[bytes, Callable[[Mapping[str, Any]], tuple[Event, ...]]] = {
    ERC20_TRANSFER: _transferred,
    RENEWED: _renewed,
}
"""Logs that are not told one to one."""


def event_topic(entry: Mapping[str, Any]) -> bytes:
    """topic0 of an event."""
    types = ",".join(collapse_if_tuple(item) for item in entry["inputs"])
    return keccak(text=f"{entry['name']}({types})")


def decode_log(entry: Mapping[str, Any], topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
    """An event's values by name. MalformedAnswer."""
    indexed = [item for item in entry["inputs"] if item["indexed"]]
    plain = [item for item in entry["inputs"] if not item["indexed"]]
    if len(topics) != len(indexed) + 1:
        raise MalformedAnswer(CHAIN, f"the event {entry['name']}")
    try:
        values = dict(zip((item["name"] for item in indexed), _words(indexed, topics[1:]), strict=True))
        rest = decode([_bytes_for_text(collapse_if_tuple(item)) for item in plain], data)
    except DecodingError as error:
        raise MalformedAnswer(CHAIN, f"the event {entry['name']}") from error
    return values | {item["name"]: _text(item, value) for item, value in zip(plain, rest, strict=True)}


def _bytes_for_text(abi_type: str) -> str:
    # Contracts take any bytes as text: one document with a broken name must not make a whole history unreadable.
    return "bytes" if abi_type == "string" else abi_type


def _text(item: Mapping[str, Any], value: Any) -> Any:
    return value.decode("utf-8", "replace") if item["type"] == "string" else value


def _words(inputs: Sequence[Mapping[str, Any]], topics: Sequence[bytes]) -> list[Any]:
    return [decode([item["type"]], topic)[0] for item, topic in zip(inputs, topics, strict=True)]


def _event(name: str, values: Mapping[str, Any], at: TxRef) -> ChainEvent:
    order_id, nonce = bytes(values["orderId"]), int(values["nonce"])
    match name:
        case "OrderInitiated":
            return OrderInitiated(order_id, TransferOrder.from_values(values["order"]), at)
        case "OrderDelivered":
            return OrderDelivered(order_id, bytes(values["source"]), nonce, values["decidedAt"], at)
        case "OrderRejected":
            outcome, reason, decided_at = values["outcome"], values["reason"], values["decidedAt"]
            return OrderRejected(order_id, bytes(values["source"]), nonce, outcome, reason, decided_at, at)
        case "OrderRefused":
            return OrderRefused(order_id, bytes(values["source"]), nonce, values["code"], at)
        case _:
            return OrderSettled(order_id, bytes(values["lane"]), nonce, values["outcome"], values["reason"], at)
