"""The read side of both chains: ONE application binary interface, two transports.

Solidity's `ComplianceLens` and the Substrate runtime API `LockstepApi_view` take the same calldata and give the same
bytes (interface ILockstepViews), so this codec is the only decoder there is. A transport carries calldata to a chain in
the state of one block. Answers are decoded strictly: an empty or malformed one raises MalformedAnswer, never zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from bridge.types import (
    AssetInfo,
    AssetTerms,
    InitiateRequest,
    LaneFlow,
    Lot,
    PairRule,
    RateInfo,
    Reason,
    SignerSet,
    TransferOrder,
)
from bridge.wire import Bytes32, Text, WireStruct, abi_type
from chains.errors import MalformedAnswer

LOT = abi_type(Lot)
ORDER = abi_type(TransferOrder)
REQUEST = abi_type(InitiateRequest)
REASON = abi_type(Reason)
RATE = abi_type(RateInfo)

FUNCTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "identity": ((), ("string", "bytes32", "bytes32", "bytes32")),
    "clock": ((), ("uint64", "uint64", "uint8", "uint64")),
    "signerSet": (("uint8",), ("uint64", "uint8", "address[]", "uint64", "uint64")),
    "assetInfo": (("bytes32",), (abi_type(AssetInfo),)),
    "supplyOf": (("bytes32",), ("uint256", "uint256", "uint256", f"{abi_type(LaneFlow)}[]")),
    "accountOf": (("bytes32", "bytes32"), ("bytes32", "uint256", "uint8")),
    "positionOf": (("bytes32", "bytes32"), ("uint256", "uint256", f"{LOT}[]", "uint8", "uint8", "uint8")),
    "eligibilityOf": (("bytes32", "bytes32"), ("uint256",)),
    "quotaOf": (("bytes32", "uint16"), ("int64", "uint64")),
    "laneInfo": (("bytes32",), ("bool", "uint8", "uint64", "uint64", "uint64", "uint8")),
    "orderAt": (("bytes32", "uint64"), ("bytes32",)),
    "outcomeOf": (("bytes32", "uint64"), ("uint8",)),
    "explainTransfer": (("bytes32", "bytes32", "bytes32", "uint256"), ("uint256", f"{REASON}[]")),
    "explainInitiate": (("bytes32", REQUEST), ("uint256", f"{REASON}[]")),
    "explainDeliver": ((ORDER,), ("uint256", f"{REASON}[]")),
    "explainIssue": (("bytes32", "bytes32", "bytes32", f"{LOT}[]"), ("uint256", f"{REASON}[]")),
    "limitOf": (("bytes32", "bytes32"), ("int256", "uint256", "int256")),
    "frozenOf": (("bytes32", "bytes32"), ("uint256",)),
    "pairRules": (("bytes32",), (f"{abi_type(PairRule)}[]",)),
    "velocityOf": (("bytes32",), ("uint256", "uint256")),
    "rateOf": (("bytes32", "bytes32"), (RATE, RATE)),
    "movedTo": (("bytes32", "bytes32"), ("bytes32",)),
    "successorOf": (("bytes32", "bytes32"), ("bytes32",)),
    "documentsOf": (("bytes32",), ("bytes32[]",)),
    "documentOf": (("bytes32", "bytes32"), ("string", "bytes32", "uint64")),
    "pendingSigners": (("uint8",), ("uint64", "uint8", "address[]", "uint64")),
    "timing": ((), ("uint64", "uint64")),
    "releaseOf": (("bytes32", "bytes32"), ("uint64",)),
}
"""Name -> (types of the arguments, types of the answer)."""

SELECTORS = {name: keccak(text=f"{name}({','.join(args)})")[:4] for name, (args, _) in FUNCTIONS.items()}


@dataclass(frozen=True, slots=True)
class Identity:
    """How a chain names itself, and the domain that follows from it."""

    caip2: str
    bridge: bytes
    deployment: bytes
    domain: bytes


@dataclass(frozen=True, slots=True)
class ClockView:
    """Last batch of the oracle (number, issuedAt in seconds), the pause bits for everything, and the block's time."""

    number: int
    issued_at: int
    pause: int
    time: int


@dataclass(frozen=True, slots=True)
class SignerSetView:
    """The current set of a role, and the id of the one before with the second its grace ends (0, 0: none)."""

    current: SignerSet
    previous_id: int
    grace_ends: int


@dataclass(frozen=True, slots=True)
class AssetParams(WireStruct):
    """What an asset is registered with, on both chains."""

    home_domain: Bytes32
    issuer: Bytes32
    salt: Bytes32
    terms: AssetTerms
    pairs: tuple[PairRule, ...]
    name: Text
    symbol: Text


@dataclass(frozen=True, slots=True)
class SupplyView:
    """Counters of one asset on one chain, in base units."""

    supply: int
    issued: int
    redeemed: int
    lanes: tuple[LaneFlow, ...]


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account of an asset: the investor it is bound to (zero: none), balance, flags (bit 0 frozen)."""

    investor: bytes
    balance: int
    flags: int


@dataclass(frozen=True, slots=True)
class PositionView:
    """An investor's position as stored (due lots not folded yet); flags: `bridge.ledger.state.PositionFlag`."""

    free: int
    in_flight: int
    lots: tuple[Lot, ...]
    reserved_lots: int
    orders: int
    flags: int

    @property
    def total(self) -> int:
        """Free and locked together, in base units; what is in flight is not here any more."""
        return self.free + sum(lot.amount for lot in self.lots)


@dataclass(frozen=True, slots=True)
class QuotaView:
    """The part of a class cap that this chain holds, and the holders it counts."""

    quota: int
    holders: int


@dataclass(frozen=True, slots=True)
class LaneInfo:
    """A lane; account kind 1 EVM, 2 AccountId32 (of the far side); flight times in seconds."""

    open: bool
    account_kind: int
    min_flight: int
    max_flight: int
    next_nonce: int
    pause: int


@dataclass(frozen=True, slots=True)
class LimitView:
    """An investor's part of the holding cap on this chain, what is used of it (total and in flight), and the rest."""

    limit: int
    used: int
    room: int


@dataclass(frozen=True, slots=True)
class VelocityView:
    """How much one investor may send on to others: at once, and per second again. 0, 0: as much as there is."""

    capacity: int
    rate: int


@dataclass(frozen=True, slots=True)
class LaneRates:
    """The buckets of an asset on a lane: capacity, refill per second, what they hold now. Capacity 0: no bound."""

    outbound: RateInfo
    inbound: RateInfo


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document of an asset: where it lies, the hash of its content, and the second in which it was set."""

    uri: str
    hash: bytes
    updated_at: int


@dataclass(frozen=True, slots=True)
class PendingSigners:
    """The next signer set of a role, and from which second on anyone may activate it."""

    proposed: SignerSet
    eta: int


@dataclass(frozen=True, slots=True)
class TimingView:
    """Seconds that a change of governance waits, and that the signer set before stays good after a change."""

    delay: int
    grace: int


class ViewTransport(Protocol):
    """Carries calldata to a chain in the state of one block."""

    @property
    def chain(self) -> str:
        """Name of the chain, for errors."""

    def call(self, data: bytes) -> bytes:
        """The answer's bytes. ChainUnavailable, BlockUnknown, MalformedAnswer, RpcError."""


class Views:
    """Typed reads of one chain in the state of one block."""

    def __init__(self, transport: ViewTransport) -> None:
        self._transport = transport

    def identity(self) -> Identity:
        """The chain's name and domain."""
        return Identity(*self._ask("identity"))

    def clock(self) -> ClockView:
        """The oracle's clock, the pause bits and the block's time."""
        return ClockView(*self._ask("clock"))

    def signer_set(self, role: int) -> SignerSetView:
        """The signers of a role: 1 attestor, 2 oracle."""
        set_id, threshold, signers, previous, grace_ends = self._ask("signerSet", role)
        addresses = tuple(bytes.fromhex(signer[2:]) for signer in signers)
        return SignerSetView(SignerSet(role, set_id, threshold, addresses), previous, grace_ends)

    def asset_info(self, asset: bytes) -> AssetInfo | None:
        """The asset, or None when the chain does not know it (all zero: an asset's home domain never is)."""
        (row,) = self._ask("assetInfo", asset)
        info = AssetInfo.from_values(row)
        return info if any(info.home_domain) else None

    def supply_of(self, asset: bytes) -> SupplyView:
        """The counters that conservation is checked by."""
        supply, issued, redeemed, lanes = self._ask("supplyOf", asset)
        return SupplyView(supply, issued, redeemed, tuple(LaneFlow.from_values(lane) for lane in lanes))

    def account_of(self, asset: bytes, account: bytes) -> AccountView:
        """An account; all zero when it is unknown."""
        return AccountView(*self._ask("accountOf", asset, account))

    def position_of(self, asset: bytes, investor: bytes) -> PositionView:
        """A position; all zero when it is unknown. Lots ascend by (unlocksAt, acquiredAt)."""
        free, in_flight, lots, reserved, orders, flags = self._ask("positionOf", asset, investor)
        return PositionView(free, in_flight, tuple(Lot.from_values(lot) for lot in lots), reserved, orders, flags)

    def eligibility_of(self, asset: bytes, investor: bytes) -> int:
        """The eligibility word (0: no record); `bridge.eligibility` takes it apart."""
        return cast("int", self._ask("eligibilityOf", asset, investor)[0])

    def quota_of(self, asset: bytes, class_: int) -> QuotaView:
        """Quota and holders of a class."""
        return QuotaView(*self._ask("quotaOf", asset, class_))

    def lane_info(self, lane: bytes) -> LaneInfo:
        """A lane; `open` is False for an unknown one."""
        return LaneInfo(*self._ask("laneInfo", lane))

    def order_at(self, lane: bytes, nonce: int) -> bytes | None:
        """Id of the order in flight at (lane, nonce); None: there was none, or it is settled."""
        (order_id,) = self._ask("orderAt", lane, nonce)
        return order_id if any(order_id) else None

    def outcome_of(self, source: bytes, nonce: int) -> int:
        """0 none, 1 Delivered, 2 Rejected, 3 Expired."""
        return cast("int", self._ask("outcomeOf", source, nonce)[0])

    def explain_transfer(self, asset: bytes, sender: bytes, to: bytes, amount: int) -> tuple[Reason, ...]:
        """All rules that a transfer would fail, ascending; empty: allowed."""
        return self._explain("explainTransfer", asset, sender, to, amount)

    def explain_initiate(self, sender: bytes, request: InitiateRequest) -> tuple[Reason, ...]:
        """All rules that this crossing would fail on its source, ascending; empty: allowed."""
        return self._explain("explainInitiate", sender, request.to_values())

    def explain_deliver(self, order: TransferOrder) -> tuple[Reason, ...]:
        """All rules that the order would fail on its destination, ascending; empty: allowed."""
        return self._explain("explainDeliver", order.to_values())

    def explain_issue(self, asset: bytes, controller: bytes, account: bytes, lots: Sequence[Lot]) -> tuple[Reason, ...]:
        """All rules that this issue by `controller` would fail, ascending; empty: allowed."""
        return self._explain("explainIssue", asset, controller, account, [lot.to_values() for lot in lots])

    def limit_of(self, asset: bytes, investor: bytes) -> LimitView:
        """Limit, used and room of an investor; each may be negative but `used`."""
        return LimitView(*self._ask("limitOf", asset, investor))

    def frozen_of(self, asset: bytes, investor: bytes) -> int:
        """How much of a position is frozen, in base units; a whole freeze is a flag instead."""
        return cast("int", self._ask("frozenOf", asset, investor)[0])

    def pair_rules(self, asset: bytes) -> tuple[PairRule, ...]:
        """The exceptions to the default rule, ascending by (fromClass, toClass)."""
        (rows,) = self._ask("pairRules", asset)
        return tuple(PairRule.from_values(row) for row in rows)

    def velocity_of(self, asset: bytes) -> VelocityView:
        """The asset's velocity on this chain."""
        return VelocityView(*self._ask("velocityOf", asset))

    def rate_of(self, lane: bytes, asset: bytes) -> LaneRates:
        """The buckets of an asset on a lane."""
        outbound, inbound = self._ask("rateOf", lane, asset)
        return LaneRates(RateInfo.from_values(outbound), RateInfo.from_values(inbound))

    def moved_to(self, asset: bytes, account: bytes) -> bytes | None:
        """The account that the controller recovered this one to, if any."""
        return _or_none(self._ask("movedTo", asset, account)[0])

    def successor_of(self, asset: bytes, investor: bytes) -> bytes | None:
        """The investor that replaced this one, if any."""
        return _or_none(self._ask("successorOf", asset, investor)[0])

    def documents_of(self, asset: bytes) -> tuple[bytes, ...]:
        """Names of the asset's documents, ascending."""
        return tuple(self._ask("documentsOf", asset)[0])

    def document_of(self, asset: bytes, name: bytes) -> DocumentView | None:
        """A document by its name, if there is one (a document's hash is never zero)."""
        uri, digest, updated_at = self._ask("documentOf", asset, name)
        return DocumentView(uri, digest, updated_at) if any(digest) else None

    def pending_signers(self, role: int) -> PendingSigners | None:
        """The proposed next set of a role, if there is one (ids start at 1)."""
        set_id, threshold, signers, eta = self._ask("pendingSigners", role)
        if set_id == 0:
            return None
        addresses = tuple(bytes.fromhex(signer[2:]) for signer in signers)
        return PendingSigners(SignerSet(role, set_id, threshold, addresses), eta)

    def timing(self) -> TimingView:
        """Delay and grace of this chain's governance, in seconds."""
        return TimingView(*self._ask("timing"))

    def release_of(self, asset: bytes, release: bytes) -> int | None:
        """From which second on a proposed release may be carried out; None: nothing of this id is proposed."""
        return cast("int", self._ask("releaseOf", asset, release)[0]) or None

    def _explain(self, name: str, *args: object) -> tuple[Reason, ...]:
        bits, rows = self._ask(name, *args)
        reasons = tuple(Reason.from_values(row) for row in rows)
        # The set and the list say the same twice; a chain that contradicts itself must not read as "allowed".
        if bits != sum(1 << code for code in {reason.code for reason in reasons}):
            raise MalformedAnswer(self._transport.chain, name)
        return reasons

    def _ask(self, name: str, *args: object) -> tuple[Any, ...]:
        inputs, outputs = FUNCTIONS[name]
        answer = self._transport.call(SELECTORS[name] + encode(inputs, args))
        try:
            return tuple(decode(outputs, answer))
        except (DecodingError, UnicodeDecodeError, OverflowError) as error:
            raise MalformedAnswer(self._transport.chain, name) from error


def _or_none(value: bytes) -> bytes | None:
    return value if any(value) else None
