"""The read side of both chains: ONE application binary interface, two transports.

Solidity's `ComplianceLens` and the Substrate runtime API `LockstepApi_view` take the same calldata and give the same
bytes (interface ILockstepViews), so this codec is the only decoder there is. A transport carries calldata to a chain in
the state of one block. Answers are decoded strictly: an empty or malformed one raises MalformedAnswer, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from bridge.types import AssetInfo, AssetTerms, InitiateRequest, LaneFlow, Lot, Reason, SignerSet, TransferOrder
from bridge.wire import Bytes32, Text, WireStruct, abi_type
from chains.errors import MalformedAnswer

LOT = abi_type(Lot)
ORDER = abi_type(TransferOrder)
REQUEST = abi_type(InitiateRequest)
REASON = abi_type(Reason)

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
    """An investor's position as stored (due lots not folded yet); flags bit 0 frozen."""

    free: int
    in_flight: int
    lots: tuple[Lot, ...]
    reserved_lots: int
    orders: int
    flags: int


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
